import type { SimHost, SimRandom, SimWorld } from '@odradek/broker/src/host/sim/index.ts'
import type { History } from './history.ts'
import { ConnectionLost, SimClient } from './sim-client.ts'

/** What all actors of a simulation share: their machine, where the broker is, what they know. */
export class ClientSide {
  readonly world: SimWorld
  readonly host: SimHost
  readonly history: History
  /** Where the broker listens; null while it is away. */
  address: { host: string; port: number } | null = null
  /** Nothing new is begun any more; what is begun is brought to its end. */
  draining = false
  /** The end of the log of committed offsets that `group` is in. */
  offsetsPosition: (group: string) => number = () => 0
  /** Whether acknowledged offsets are durable at once. */
  areOffsetsSync = false
  readonly #actors = new Set<string>()

  constructor(world: SimWorld, host: SimHost, history: History) {
    this.world = world
    this.host = host
    this.history = history
  }

  get time(): number {
    return this.world.time
  }

  /** The actors at work. */
  get actors(): ReadonlySet<string> {
    return this.#actors
  }

  random(): SimRandom {
    return this.world.random.fork()
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.host.timers.after(ms, resolve))
  }

  /** Connects to the broker, once it is there. */
  async connect(): Promise<SimClient> {
    while (this.address === null) await this.sleep(10)
    return new SimClient(this.host, this.address)
  }

  /**
   * Lets an actor work: `turn` again and again, with a connection of its own, until it says false. A connection that is
   * lost is made again.
   */
  start(name: string, turn: (client: SimClient) => Promise<boolean>): void {
    const unique = `${name} ${this.#actors.size}`
    this.#actors.add(unique)
    const work = async () => {
      const random = this.random()
      let client: SimClient | null = null
      for (let goesOn = true; goesOn; ) {
        if (!client?.isOpen) client = await this.connect()
        try {
          goesOn = await turn(client)
        } catch (error) {
          if (!(error instanceof ConnectionLost)) throw error
          client.close()
          await this.sleep(random.between(1, 60))
        }
      }
      client?.close()
    }
    work().then(
      () => this.#actors.delete(unique),
      (error: Error) => {
        this.#actors.delete(unique)
        this.history.fail(`${name} failed: ${error.stack}`)
      },
    )
  }
}
