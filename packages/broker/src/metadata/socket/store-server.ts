/**
 * Serves a metadata store to other processes of this machine, on a Unix socket. Whoever may open the socket may do
 * everything: it is made for its owner alone.
 */
import { chmodSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { type MetadataStore, StoreError, type Watch } from '../store.ts'
import { encodeFrame, FrameDecoder } from './json-frames.ts'
import type { ClientMessage, ServerMessage } from './store-messages.ts'

/** Bytes that wait for a client that does not read, beyond which it is left. */
const QUEUED_BYTES_MAX = 256 * 1024 * 1024

export interface StoreServer {
  /** Stops listening and leaves all clients; the store stays open. */
  close(): Promise<void>
}

/** Rejects where another process listens there. A socket that a dead process left is taken over. */
export async function serveStore(store: MetadataStore, path: string): Promise<StoreServer> {
  if (await answers(path)) throw new Error(`Another process serves ${path}.`)
  rmSync(path, { force: true })
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    new StoreClientConnection(store, socket)
  })
  await listen(server, path)
  chmodSync(path, 0o600)
  return {
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      // Out of descriptors: that client tries again.
      server.on('error', () => {})
      resolve()
    })
  })
}

/** One client: its requests are done as they come, its watches live as long as its connection. */
class StoreClientConnection {
  readonly #store: MetadataStore
  readonly #socket: Socket
  readonly #watches = new Map<number, Watch>()

  constructor(store: MetadataStore, socket: Socket) {
    this.#store = store
    this.#socket = socket
    const frames = new FrameDecoder()
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const message of frames.push(chunk)) this.#receive(message as ClientMessage)
      } catch (error) {
        socket.destroy(error as Error)
      }
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      for (const watch of this.#watches.values()) watch.close()
      this.#watches.clear()
    })
  }

  #receive(message: ClientMessage): void {
    if ('call' in message) {
      const { id } = message
      this.#do(message).then(
        (result) => this.#send({ id, result }),
        (error: Error) => {
          const code = error instanceof StoreError ? error.code : 'FAILED'
          this.#send({ id, error: { code, message: error.message } })
        },
      )
    } else if ('watch' in message) this.#watch(message.watch, message.prefix, message.fromRevision)
    else {
      this.#watches.get(message.unwatch)?.close()
      this.#watches.delete(message.unwatch)
    }
  }

  async #do(message: Extract<ClientMessage, { call: string }>): Promise<unknown> {
    const store = this.#store
    switch (message.call) {
      case 'get':
        return await store.get(message.key)
      case 'list':
        return await store.list(message.prefix)
      case 'transact':
        return await store.transact(message.transaction)
      case 'grantLease':
        return await store.grantLease(message.ttlMs)
      case 'keepAlive':
        return await store.keepAlive(message.lease)
      case 'revoke':
        await store.revoke(message.lease)
        return null
      default:
        throw new Error(`No such call: ${JSON.stringify(message satisfies never)}`)
    }
  }

  #watch(id: number, prefix: string, fromRevision: number): void {
    const watch = this.#store.watch(prefix, fromRevision, {
      events: (batches) => this.#send({ watch: id, batches }),
      compacted: (revision) => {
        this.#watches.delete(id)
        this.#send({ watch: id, compacted: revision })
      },
      // The client comes back, to this store or to the one after it.
      ended: () => this.#socket.destroy(),
    })
    this.#watches.set(id, watch)
  }

  #send(message: ServerMessage): void {
    if (this.#socket.destroyed) return
    this.#socket.write(encodeFrame(message))
    if (this.#socket.writableLength > QUEUED_BYTES_MAX) this.#socket.destroy()
  }
}
