import type { Connection, Listener, Network } from '../network.ts'
import type { SimConnection } from './sim-connection.ts'
import type { SimLife } from './sim-life.ts'
import type { SimWorld } from './sim-world.ts'

const EVERY_ADDRESS = new Set(['0.0.0.0', '::'])

/** One host's access to the world's wire. */
export class SimNetwork implements Network {
  /** The host's address: where it listens when it listens on all, and where its connections come from. */
  readonly address: string
  readonly #world: SimWorld
  readonly #life: SimLife

  constructor(world: SimWorld, life: SimLife, address: string) {
    this.#world = world
    this.#life = life
    this.address = address
  }

  async listen(address: { host: string; port: number }, accept: (connection: Connection) => void): Promise<Listener> {
    const host = EVERY_ADDRESS.has(address.host) ? this.address : address.host
    return this.#world.wire.listen(this.#life, host, address.port, accept)
  }

  /** A connection to a listener of any host. `start` it at once; a refusal closes it with ECONNREFUSED. */
  connect(address: { host: string; port: number }): SimConnection {
    return this.#world.wire.connect(this.#life, this.address, address.host, address.port)
  }
}
