import type { Connection, Listener } from '../network.ts'
import { SimConnection } from './sim-connection.ts'
import type { SimLife } from './sim-life.ts'
import type { SimRandom } from './sim-random.ts'
import type { SimWorld } from './sim-world.ts'
import { systemError } from './system-error.ts'

const FIRST_LISTENER_PORT = 30_000
const FIRST_CLIENT_PORT = 49_152
const RECEIVE_BYTES = 64 * 1024

interface Listening {
  readonly life: SimLife
  readonly accept: (connection: Connection) => void
}

/** What connects the hosts of a world: who listens where, and the one buffer all input lands in, as in life. */
export class SimWire {
  readonly receiveBuffer = Buffer.alloc(RECEIVE_BYTES)
  readonly receiveView = new DataView(this.receiveBuffer.buffer, this.receiveBuffer.byteOffset, RECEIVE_BYTES)
  readonly #world: SimWorld
  readonly #random: SimRandom
  readonly #listeners = new Map<string, Listening>()
  readonly #connections = new Map<SimConnection, SimLife>()
  readonly #watchedLives = new WeakSet<SimLife>()
  /** Pairs of addresses between which nothing passes. */
  readonly #parted = new Set<string>()
  /** From which address nothing reaches which other one, though the other way is open. */
  readonly #silenced = new Map<string, Set<SimConnection>>()
  #nextListenerPort = FIRST_LISTENER_PORT
  #nextClientPort = FIRST_CLIENT_PORT

  constructor(world: SimWorld) {
    this.#world = world
    this.#random = world.random.fork()
  }

  /** All ends of connections that are open. */
  get connections(): readonly SimConnection[] {
    return [...this.#connections.keys()]
  }

  listen(life: SimLife, host: string, port: number, accept: (connection: Connection) => void): Listener {
    const bound = port === 0 ? this.#nextListenerPort++ : port
    const key = addressOf(host, bound)
    if (this.#listeners.has(key)) throw systemError('EADDRINUSE', 'listen', key)
    const listening = { life, accept }
    this.#listeners.set(key, listening)
    const close = () => {
      if (this.#listeners.get(key) === listening) this.#listeners.delete(key)
    }
    life.onEnd(close)
    return {
      host,
      port: bound,
      close: async () => close(),
    }
  }

  connect(life: SimLife, from: string, host: string, port: number): SimConnection {
    const clientPort = this.#nextClientPort++
    const ends = { localAddress: from, remoteAddress: host, remotePort: port, localPort: clientPort }
    const client = new SimConnection(this.#world, life, this.#random.fork(), ends)
    this.#add(client, life)
    const key = addressOf(host, port)
    // What is sent into nothing has no answer; an answer that is lost is none.
    if (!this.#isOpen(from, host)) return client
    // The server's side is a step of the server's life, and the world's own when nobody listens.
    this.#world.schedule(this.#random.between(0.05, 1), 'network', `connect ${key}`, null, () => {
      const listening = this.#listeners.get(key)
      if (!this.#isOpen(from, host)) return
      if (listening === undefined) {
        client.reset(systemError('ECONNREFUSED', 'connect', key))
        return
      }
      this.#world.schedule(0, 'network', `accept ${from}:${clientPort}`, listening.life, () => {
        const ends = { localAddress: host, remoteAddress: from, remotePort: clientPort, localPort: port }
        const server = new SimConnection(this.#world, listening.life, this.#random.fork(), ends)
        this.#add(server, listening.life)
        server.join(client)
        listening.accept(server)
        client.join(server)
      })
    })
    return client
  }

  /** Lets nothing pass between two addresses from now on, in either direction; nobody is told. */
  part(a: string, b: string): void {
    const pair = pairOf(a, b)
    this.#parted.add(pair)
    for (const connection of this.#connections.keys())
      if (pairOf(connection.localAddress, connection.remoteAddress) === pair) connection.vanish()
  }

  /** Lets pass what is begun from now on. */
  mend(a: string, b: string): void {
    this.#parted.delete(pairOf(a, b))
  }

  /**
   * Lets nothing that `from` sends reach `to` from now on, acknowledgements among it; what `to` sends arrives. What was sent
   * meanwhile is sent again, and comes, when the way is open.
   */
  silence(from: string, to: string): void {
    const key = directionOf(from, to)
    if (this.#silenced.has(key)) return
    const held = new Set<SimConnection>()
    this.#silenced.set(key, held)
    for (const connection of this.#connections.keys()) {
      if (connection.localAddress !== from || connection.remoteAddress !== to) continue
      connection.hold()
      held.add(connection)
    }
  }

  /** Ends a silence. */
  unsilence(from: string, to: string): void {
    const key = directionOf(from, to)
    const held = this.#silenced.get(key)
    this.#silenced.delete(key)
    for (const connection of held ?? []) connection.letGo()
  }

  #isOpen(from: string, to: string): boolean {
    return (
      !this.#parted.has(pairOf(from, to)) &&
      !this.#silenced.has(directionOf(from, to)) &&
      !this.#silenced.has(directionOf(to, from))
    )
  }

  remove(connection: SimConnection): void {
    this.#connections.delete(connection)
  }

  #add(connection: SimConnection, life: SimLife): void {
    this.#connections.set(connection, life)
    if (this.#watchedLives.has(life)) return
    this.#watchedLives.add(life)
    life.onEnd((death) => {
      for (const [each, owner] of [...this.#connections]) if (owner === life) each.abandon(death)
    })
  }
}

function pairOf(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}

function directionOf(from: string, to: string): string {
  return `${from} ${to}`
}

function addressOf(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
