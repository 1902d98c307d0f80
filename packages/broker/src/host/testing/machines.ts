/** Both hosts behind one face, so that one test says what each of them must do. */
import { mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Host } from '../host.ts'
import { createNodeNetwork } from '../node/network.ts'
import { createNodeHost } from '../node/node-host.ts'
import { createSimHost, type SimConnection } from '../sim/index.ts'

/** The far end of a connection to the host under test. */
export interface Peer {
  readonly port: number
  /** All that came so far. */
  received(): Buffer
  receivedBytes(): number
  send(bytes: Buffer): void
  /** Sends no more, receives on. */
  finish(): void
  destroy(): void
  pause(): void
  resume(): void
  readonly ended: Promise<void>
  readonly closed: Promise<Error | null>
}

export interface Machine extends AsyncDisposable {
  readonly host: Host
  /** Fresh and empty. */
  readonly directory: string
  connect(address: { host: string; port: number }): Peer
  /** Lets the machine go on until `promise` settles. */
  until<T>(promise: Promise<T>): Promise<T>
  /** Lets the machine go on until `condition` holds. */
  untilTrue(condition: () => boolean): Promise<void>
}

/** Opens a machine of each kind. */
export const machines: readonly { readonly name: string; open(): Machine }[] = [
  { name: 'node', open: () => openNodeMachine(createNodeHost()) },
  { name: 'sim', open: () => openSimMachine(1) },
]

/** The same, and what else has a network of its own: other ways to receive, other seeds. */
export const networkMachines: typeof machines = [
  ...machines,
  {
    name: 'node with data events',
    open: () => openNodeMachine({ ...createNodeHost(), network: createNodeNetwork('data-events') }),
  },
  ...[2, 3, 4, 5].map((seed) => ({ name: `sim with seed ${seed}`, open: () => openSimMachine(seed) })),
]

function openNodeMachine(host: Host): Machine {
  const directory = mkdtempSync(join(tmpdir(), 'odradek-host-'))
  const sockets: net.Socket[] = []
  return {
    host,
    directory,
    connect({ host: address, port }) {
      const socket = net.connect({ host: address, port, allowHalfOpen: true, noDelay: true })
      sockets.push(socket)
      return nodePeer(socket)
    },
    until: (promise) => promise,
    async untilTrue(condition) {
      while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1))
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await host.offload.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function nodePeer(socket: net.Socket): Peer {
  const chunks: Buffer[] = []
  let bytes = 0
  let error: Error | null = null
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    bytes += chunk.length
  })
  socket.on('error', (failure) => {
    error = failure
  })
  return {
    get port() {
      return socket.localPort!
    },
    received: () => Buffer.concat(chunks),
    receivedBytes: () => bytes,
    send: (bytes) => socket.write(bytes),
    finish: () => socket.end(),
    destroy: () => socket.destroy(),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    ended: new Promise((resolve) => socket.on('end', resolve)),
    closed: new Promise((resolve) => socket.on('close', () => resolve(error))),
  }
}

function openSimMachine(seed: number): Machine {
  const host = createSimHost(seed)
  const { world } = host
  const far = createSimHost(world, { name: 'far', address: '10.0.0.9' })
  host.disk.makeDirectory('/data')
  return {
    host,
    directory: '/data',
    connect: (address) => simPeer(far.network.connect(address)),
    until: (promise) => world.complete(promise),
    untilTrue: (condition) => world.runUntil(condition),
    async [Symbol.asyncDispose]() {
      await host.offload.close()
    },
  }
}

function simPeer(connection: SimConnection): Peer {
  const chunks: Buffer[] = []
  let bytes = 0
  const ended = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<Error | null>()
  connection.start({
    data(buffer, _view, start, end) {
      chunks.push(Buffer.from(buffer.subarray(start, end)))
      bytes += end - start
    },
    ended: ended.resolve,
    drained() {},
    closed: closed.resolve,
  })
  return {
    port: connection.localPort,
    received: () => Buffer.concat(chunks),
    receivedBytes: () => bytes,
    send: (bytes) => connection.send(Buffer.from(bytes), 0, bytes.length, [], () => {}),
    finish: () => connection.shutdown(),
    destroy: () => connection.destroy(),
    pause: () => connection.pause(),
    resume: () => connection.resume(),
    ended: ended.promise,
    closed: closed.promise,
  }
}
