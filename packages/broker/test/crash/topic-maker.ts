import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { CreateTopics, DeleteTopics, errors, Metadata } from '@odradek/protocol'
import type { WireClient } from '../wire-client.ts'
import { PersistentClient } from './persistent-client.ts'

const PAUSE_MS = 30

/** Makes one topic after the other and deletes every third of them; each until it is sure that it was done. */
export class TopicMaker {
  /** Names of the topics made, with their ids. */
  readonly made = new Map<string, string>()
  readonly deleted: string[] = []
  readonly #client: PersistentClient
  #number = 0
  /** The topic at hand may have been made, or deleted, by a request whose answer was lost. */
  #isAgain = false
  #isDeleting = false

  constructor(port: number) {
    this.#client = new PersistentClient(port, (client) => this.#turn(client))
  }

  /** Rejects when it saw something wrong. */
  get failed(): Promise<never> {
    return this.#client.failed
  }

  async end(): Promise<void> {
    this.#client.stop()
    await this.#client.done
  }

  /** Whether the broker has exactly the topics made: those whose outcome is sure. */
  async check(client: WireClient): Promise<void> {
    const { topics } = await client.send(Metadata, 12, { topics: null })
    const found = new Map(topics.map(({ name, topicId }) => [name!, topicId]))
    for (const [name, topicId] of this.made) assert.equal(found.get(name), topicId, `${name} was made`)
    for (const name of this.deleted) assert.ok(!found.has(name), `${name} was deleted`)
  }

  get #name(): string {
    return `made-${this.#number}`
  }

  async #turn(client: WireClient): Promise<boolean> {
    if (this.#isDeleting) await this.#delete(client)
    else await this.#make(client)
    await sleep(PAUSE_MS)
    return true
  }

  async #make(client: WireClient): Promise<void> {
    const isAgain = this.#isAgain
    this.#isAgain = true
    const { topics } = await client.send(CreateTopics, 7, {
      topics: [{ name: this.#name, numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] }],
    })
    const { errorCode, topicId } = topics[0]!
    const isThere = isAgain && errorCode === errors.TOPIC_ALREADY_EXISTS.code
    assert.ok(errorCode === 0 || isThere, `${this.#name} could not be made: error ${errorCode}`)
    this.made.set(this.#name, isThere ? await idOf(client, this.#name) : topicId)
    this.#isAgain = false
    this.#isDeleting = this.#number % 3 === 0
    if (!this.#isDeleting) this.#number++
  }

  async #delete(client: WireClient): Promise<void> {
    const isAgain = this.#isAgain
    this.#isAgain = true
    // From here on it may be gone.
    this.made.delete(this.#name)
    const { responses } = await client.send(DeleteTopics, 5, { topicNames: [this.#name], timeoutMs: 10_000 })
    const { errorCode } = responses[0]!
    const isGone = isAgain && errorCode === errors.UNKNOWN_TOPIC_OR_PARTITION.code
    assert.ok(errorCode === 0 || isGone, `${this.#name} could not be deleted: error ${errorCode}`)
    this.deleted.push(this.#name)
    this.#isAgain = false
    this.#isDeleting = false
    this.#number++
  }
}

async function idOf(client: WireClient, name: string): Promise<string> {
  const { topics } = await client.send(Metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false })
  return topics[0]!.topicId
}
