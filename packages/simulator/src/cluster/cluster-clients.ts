import type { SimHost, SimRandom, SimWorld } from '@odradek/broker/src/host/sim/index.ts'
import { Metadata } from '@odradek/protocol'
import { ConnectionLost, SimClient } from '../sim-client.ts'
import type { ClusterHistory } from './cluster-history.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

/** One actor's connections: one for each broker that it had to do with. */
export class ClusterSession {
  readonly #clients: ClusterClients
  readonly #connections = new Map<number, SimClient>()
  readonly random: SimRandom
  readonly #leaders = new Map<string, number>()
  /** The latest in which any was heard of: as clients do, who was replaced is not gone back to. */
  readonly #epochs = new Map<string, number>()

  readonly #host: SimHost

  constructor(clients: ClusterClients, host: SimHost) {
    this.#clients = clients
    this.#host = host
    this.random = clients.world.random.fork()
  }

  /** A connection to a broker; null while it is not there. */
  to(brokerId: number): SimClient | null {
    const known = this.#connections.get(brokerId)
    if (known?.isOpen) return known
    const address = this.#clients.addresses.get(brokerId)
    if (address === undefined) return null
    const client = new SimClient(this.#host, address, this.#clients.timeoutMs)
    this.#connections.set(brokerId, client)
    return client
  }

  /** A connection to any broker that is there. */
  any(): SimClient | null {
    const ids = [...this.#clients.addresses.keys()]
    return ids.length === 0 ? null : this.to(ids[this.random.below(ids.length)]!)
  }

  /** A connection to the leader of a partition; null where nobody leads it, as far as one knows. */
  async leaderOf(topic: string, index: number): Promise<SimClient | null> {
    const key = `${topic}-${index}`
    const known = this.#leaders.get(key)
    if (known !== undefined) {
      const client = this.to(known)
      if (client !== null) return client
      this.#leaders.delete(key)
    }
    const client = this.any()
    if (client === null) return null
    const { topics } = await client.request(Metadata, 12, { topics: [{ name: topic }], allowAutoTopicCreation: false })
    const { leaderId = -1, leaderEpoch = -1 } = topics[0]?.partitions[index] ?? {}
    if (leaderId < 0 || leaderEpoch < (this.#epochs.get(key) ?? 0)) return null
    this.#epochs.set(key, leaderEpoch)
    this.#leaders.set(key, leaderId)
    return this.to(leaderId)
  }

  /** What is known of leaders is out of date. */
  forgetLeaders(): void {
    this.#leaders.clear()
  }

  close(): void {
    for (const client of this.#connections.values()) client.close()
    this.#connections.clear()
    this.#leaders.clear()
  }
}

/** What all actors of a simulated cluster share. */
export class ClusterClients {
  readonly world: SimWorld
  readonly host: SimHost
  readonly history: ClusterHistory
  /** How long an answer is waited for. */
  readonly timeoutMs: number
  /** Of the brokers that serve, by id. */
  readonly addresses = new Map<number, Address>()
  /** Nothing new is begun any more; what is begun is brought to its end. */
  draining = false
  readonly actors = new Set<string>()

  constructor(world: SimWorld, host: SimHost, history: ClusterHistory, timeoutMs: number) {
    this.world = world
    this.host = host
    this.history = history
    this.timeoutMs = timeoutMs
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.host.timers.after(ms, resolve))
  }

  /**
   * Lets an actor work: `turn` again and again until it says false. What it was connected to is forgotten when it breaks.
   * `host` is where it is [with all others].
   */
  start(name: string, turn: (session: ClusterSession) => Promise<boolean>, host = this.host): void {
    this.actors.add(name)
    const work = async () => {
      const session = new ClusterSession(this, host)
      for (let goesOn = true; goesOn; ) {
        try {
          goesOn = await turn(session)
        } catch (error) {
          if (!(error instanceof ConnectionLost)) throw error
          session.close()
          await this.sleep(session.random.between(1, 60))
        }
      }
      session.close()
    }
    work().then(
      () => this.actors.delete(name),
      (error: Error) => {
        this.actors.delete(name)
        this.history.fail(`${name} failed: ${error.stack}`)
      },
    )
  }
}
