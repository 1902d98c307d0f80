/** A consumer without a group: it reads all partitions from their start on and compares what it sees with what is known. */
import type { SimRandom } from '@odradek/broker/src/host/sim/index.ts'
import { errors, Fetch } from '@odradek/protocol'
import type { ClientSide } from './client-side.ts'
import type { PartitionHistory } from './partition-history.ts'
import { type FoundBatch, readRecords } from './read-records.ts'
import type { SimClient } from './sim-client.ts'

/** By topic ids. */
const FETCH_VERSION = 13

export class Consumer {
  readonly #clients: ClientSide
  readonly #random: SimRandom
  readonly #positions = new Map<PartitionHistory, number>()
  readonly #partitionMaxBytes: number

  constructor(clients: ClientSide) {
    this.#clients = clients
    this.#random = clients.random()
    this.#partitionMaxBytes = [1, 500, 5_000, 1_000_000][this.#random.below(4)]!
  }

  start(): void {
    this.#clients.start('consumer', (client) => this.#turn(client))
  }

  async #turn(client: SimClient): Promise<boolean> {
    const { history } = this.#clients
    if (this.#clients.draining) return false
    const topics = [...history.topics.values()].filter((topic) => topic.state === 'there')
    const wasSync = new Set(topics.filter((topic) => !topic.wasEverAsync))
    const { life } = history
    const response = await client.request(Fetch, FETCH_VERSION, {
      maxWaitMs: this.#random.below(500),
      minBytes: 1,
      topics: topics.map(({ topicId, partitions }) => ({
        topicId,
        partitions: partitions.map((partition) => ({
          partition: partition.index,
          fetchOffset: this.#positions.get(partition) ?? 0,
          partitionMaxBytes: this.#partitionMaxBytes,
        })),
      })),
    })
    if (life !== history.life) return true
    for (const { topicId, partitions } of response.responses) {
      const topic = topics.find((each) => each.topicId === topicId)!
      for (const found of partitions) {
        const partition = topic.partitions[found.partitionIndex]!
        if (topic.isGoing) continue
        if (found.errorCode === 0) {
          if (found.records !== null) {
            const isDurable = wasSync.has(topic) && !topic.wasEverAsync
            this.#read(partition, readRecords(found.records), found.logStartOffset, isDurable)
          }
        } else if (found.errorCode === errors.OFFSET_OUT_OF_RANGE.code)
          this.#outOfRange(partition, found.logStartOffset)
        else if (found.errorCode !== errors.KAFKA_STORAGE_ERROR.code)
          history.unexpected(`${partition.name} cannot be fetched: error ${found.errorCode}`)
      }
    }
    await this.#clients.sleep(this.#random.between(1, 50))
    return true
  }

  #read(partition: PartitionHistory, batches: readonly FoundBatch[], logStartOffset: number, isDurable: boolean): void {
    let position = this.#positions.get(partition) ?? 0
    if (position < logStartOffset) partition.fail(`was read at ${position}, before its start at ${logStartOffset}`)
    for (const { baseOffset, nextOffset, records } of batches) {
      if (baseOffset > position && !partition.topic.isCompacted)
        partition.fail(`has no record at ${position}: the next batch begins at ${baseOffset}`)
      for (const { offset, id } of records) {
        if (offset < position) continue
        partition.placed(offset, id, isDurable)
        this.#clients.history.counts.read++
      }
      position = Math.max(position, nextOffset)
    }
    this.#positions.set(partition, position)
  }

  #outOfRange(partition: PartitionHistory, logStartOffset: number): void {
    const { topic, deletedBelow, losses } = partition
    const position = this.#positions.get(partition) ?? 0
    const mayBe = position < logStartOffset ? topic.expires || position < deletedBelow : losses > 0
    if (!mayBe) partition.fail(`${position} is out of range, and nothing was lost or deleted`)
    this.#positions.set(partition, logStartOffset)
  }
}
