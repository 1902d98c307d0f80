/**
 * Stands in front of a listener, and lets through what the way between the two ends lets through: bytes are held while it is
 * cut, in one direction or both, and come when it is whole, as TCP sends them again; late where it is slow. Who connects is
 * told by the client id of the first request: brokers call themselves `broker-<id>`.
 */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultyNetwork } from './faulty-network.ts'

/** Who is at an end of a way: a broker's id, or clients, or the metadata store. */
export type End = number | 'clients' | 'store'

/** The ways between brokers, clients and the store. Those between brokers are the network's, where they have one. */
export class Ways {
  readonly #network: FaultyNetwork | null
  readonly #cut = new Set<string>()
  readonly #delaysMs = new Map<string, number>()
  readonly #waiting = new Set<() => void>()

  constructor(network: FaultyNetwork | null) {
    this.#network = network
  }

  /** Lets nothing pass from one end to another; the other direction is as it was. */
  cut(from: End, to: End): void {
    if (this.#network !== null && typeof from === 'number' && typeof to === 'number') this.#network.cut(from, to)
    else this.#cut.add(`${from} ${to}`)
  }

  /** Lets what passes from one end to another come up to so much later: what is lost on a network is sent again. */
  slow(from: End, to: End, delayMsMax: number): void {
    if (this.#network !== null && typeof from === 'number' && typeof to === 'number') this.#network.narrow(to)
    else this.#delaysMs.set(`${from} ${to}`, delayMsMax)
  }

  mend(): void {
    this.#network?.mend()
    this.#cut.clear()
    this.#delaysMs.clear()
    for (const go of this.#waiting) go()
    this.#waiting.clear()
  }

  /** Resolves when bytes that were sent now arrive. */
  async pass(from: End, to: End): Promise<void> {
    const key = `${from} ${to}`
    const delayMsMax = this.#delaysMs.get(key)
    if (delayMsMax !== undefined) await sleep(Math.random() * delayMsMax)
    while (this.#cut.has(key)) await new Promise<void>((go) => this.#waiting.add(go))
  }
}

export interface LinkProxyOptions {
  readonly ways: Ways
  readonly host?: string
  /** Whose listener it is. */
  readonly owner: End
  /** Who connects; null: the first request tells. */
  readonly caller: End | null
  readonly target: { readonly host?: string; readonly port: number } | { readonly path: string }
}

export class LinkProxy {
  readonly #options: LinkProxyOptions
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(options: LinkProxyOptions) {
    this.#options = options
    this.#server = createServer((socket) => this.#accept(socket))
  }

  /** Listens on a port of this machine [at 127.0.0.1], or on a Unix socket. */
  static async listen(at: number | string, options: LinkProxyOptions): Promise<LinkProxy> {
    const proxy = new LinkProxy(options)
    if (typeof at === 'number') proxy.#server.listen(at, options.host ?? '127.0.0.1')
    else proxy.#server.listen(at)
    await once(proxy.#server, 'listening')
    return proxy
  }

  /** Ends all connections with a reset. */
  reset(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.reset()
    await closed
  }

  async #accept(near: Socket): Promise<void> {
    const { target, caller, owner } = this.#options
    const far = connect(target as { port: number })
    far.setNoDelay(true)
    near.setNoDelay(true)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        this.#sockets.delete(one)
        other.destroy()
      })
    }
    let from: End | null = caller
    const first = async () => {
      const chunks: Buffer[] = []
      for (let bytes = 0; from === null; ) {
        const [chunk] = (await once(near, 'data')) as [Buffer]
        chunks.push(chunk)
        bytes += chunk.length
        if (bytes >= 14) from = callerOf(Buffer.concat(chunks))
      }
      near.pause()
      return Buffer.concat(chunks)
    }
    try {
      const head = await first()
      const end = from!
      if (head.length > 0) {
        await this.#options.ways.pass(end, owner)
        far.write(head)
      }
      await Promise.all([this.#pump(near, far, end, owner), this.#pump(far, near, owner, end)])
    } catch {
      near.destroy()
      far.destroy()
    }
  }

  async #pump(source: Socket, sink: Socket, from: End, to: End): Promise<void> {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      await this.#options.ways.pass(from, to)
      if (sink.destroyed) return
      if (!sink.write(chunk)) await Promise.race([once(sink, 'drain'), once(sink, 'close')])
    }
    await this.#options.ways.pass(from, to)
    sink.end()
  }
}

/** From the header of a Kafka request: size, key, version, correlation id, then the client id with its length in front. */
function callerOf(request: Buffer): End | null {
  const length = request.readInt16BE(12)
  if (length < 0) return 'clients'
  if (request.length < 14 + length) return null
  const id = /^broker-(\d+)$/.exec(request.toString('utf8', 14, 14 + length))?.[1]
  return id === undefined ? 'clients' : Number(id)
}
