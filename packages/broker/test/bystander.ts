import { deepEqual, equal } from 'node:assert/strict'
import { WireTopic } from './protocol/wire-topic.ts'
import { WireClient } from './wire-client.ts'

/** A client that minds its own business: it produces and fetches all the time, and fails when anything disturbs it. */
export class Bystander {
  readonly #client: WireClient
  readonly #running: Promise<void>
  #stopping = false
  #rounds = 0

  private constructor(client: WireClient, topic: WireTopic) {
    this.#client = client
    this.#running = this.#run(topic)
    // It is awaited by `stop`.
    this.#running.catch(() => {})
  }

  static async start(port: number): Promise<Bystander> {
    const client = await WireClient.connect(port)
    return new Bystander(client, await WireTopic.create(client))
  }

  /** Rounds of producing and fetching so far. */
  get rounds(): number {
    return this.#rounds
  }

  /** Fails where it was disturbed, or has not done a round since the last call. */
  async check(): Promise<void> {
    const before = this.#rounds
    while (this.#rounds === before) await Promise.race([this.#running, new Promise((next) => setImmediate(next))])
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await this.#running
    this.#client.close()
  }

  async #run(topic: WireTopic): Promise<void> {
    while (!this.#stopping) {
      const value = `round ${this.#rounds}`
      equal(await topic.write(value), this.#rounds)
      const read = await topic.read(this.#rounds)
      deepEqual(
        read.map((record) => record.value),
        [value],
      )
      this.#rounds += 1
    }
  }
}
