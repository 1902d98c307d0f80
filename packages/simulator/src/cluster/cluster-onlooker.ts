import type { ClusterClients, ClusterSession } from './cluster-clients.ts'
import { type ClusterConsumer, committedBy } from './cluster-consumer.ts'
import type { PartitionTale } from './cluster-history.ts'

/**
 * Asks all the time what a group has committed, wherever it is told that its coordinator is, and commits nothing: what was
 * committed or told before it asks is the least that it may be told, whoever tells it.
 */
export class ClusterOnlooker {
  readonly #clients: ClusterClients
  readonly #tale: PartitionTale
  readonly #group: string
  readonly #consumer: ClusterConsumer
  #told = -1

  /** `consumer` is the only one that commits for the group. */
  constructor(clients: ClusterClients, tale: PartitionTale, group: string, consumer: ClusterConsumer) {
    this.#clients = clients
    this.#tale = tale
    this.#group = group
    this.#consumer = consumer
  }

  start(): void {
    this.#clients.start(`onlooker of ${this.#group}`, (session) => this.#turn(session))
  }

  async #turn(session: ClusterSession): Promise<boolean> {
    const { draining, history } = this.#clients
    if (draining) return false
    const least = Math.max(this.#told, this.#consumer.committed)
    const told = await committedBy(session, this.#clients, this.#group, this.#tale)
    if (told !== null) {
      history.counts.looks++
      if (told < least)
        history.fail(`an onlooker was told ${told} of ${this.#group}, which had committed ${least} before`)
      if (told > this.#consumer.attempted)
        history.fail(
          `an onlooker was told ${told} of ${this.#group}, which never was beyond ${this.#consumer.attempted}`,
        )
      this.#told = told
    }
    await this.#clients.sleep(session.random.between(1, 20))
    return true
  }
}
