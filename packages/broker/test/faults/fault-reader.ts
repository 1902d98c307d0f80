import { setTimeout as sleep } from 'node:timers/promises'
import { FindCoordinator, OffsetCommit, OffsetFetch } from '@odradek/protocol'
import { WireTopic } from '../protocol/wire-topic.ts'
import { readRecords } from '../protocol-cross-check/read-records.ts'
import type { ClusterClient } from '../replication/cluster-client.ts'

const COMMIT_EVERY = 20

export interface ReadValue {
  readonly offset: number
  readonly value: string
}

/**
 * Reads a partition from whoever leads it, commits where it is for a group, and looks now and then where the group is. What it
 * was given, and that the group never goes back, is in `read` and `problems`.
 */
export class FaultReader {
  readonly topic: string
  readonly index: number
  readonly read: ReadValue[] = []
  readonly problems: string[] = []
  readonly #client: ClusterClient
  readonly #running: () => readonly number[]
  readonly #group: string
  #next = 0
  #committed = -1
  #isEnding = false
  readonly #run: Promise<void>

  constructor(client: ClusterClient, running: () => readonly number[], topic: string, index: number) {
    this.#client = client
    this.#running = running
    this.topic = topic
    this.index = index
    this.#group = `readers of ${topic}-${index}`
    this.#run = this.#work()
  }

  async end(): Promise<void> {
    this.#isEnding = true
    await this.#run
  }

  /** All there is, as the leader shows it. */
  async readAll(): Promise<ReadValue[]> {
    const all: ReadValue[] = []
    for (;;) {
      const found = await this.#fetch(all.length === 0 ? 0 : all.at(-1)!.offset + 1)
      if (found === null) await sleep(50)
      else if (found.length === 0) return all
      else all.push(...found)
    }
  }

  async #work(): Promise<void> {
    for (let turn = 1; !this.#isEnding; turn++) {
      const found = await this.#fetch(this.#next)
      if (found === null || found.length === 0) await sleep(30)
      else {
        this.read.push(...found)
        this.#next = found.at(-1)!.offset + 1
      }
      if (turn % COMMIT_EVERY === 0) await this.#commit()
      if (turn % COMMIT_EVERY === COMMIT_EVERY / 2) await this.#look()
    }
  }

  /** Null where nobody serves it now. */
  async #fetch(offset: number): Promise<ReadValue[] | null> {
    const partition = await this.#client.partition(this.topic, this.index)
    const leader = partition?.leaderId ?? -1
    if (leader < 0) return null
    try {
      const topic = new WireTopic(await this.#client.to(leader), this.topic, '')
      const { errorCode, records } = await topic.fetch(offset, { partition: this.index })
      if (errorCode === 1) this.problems.push(`${this.topic}-${this.index} has no offset ${offset}`)
      if (errorCode !== 0) return null
      return readRecords(records).map(({ offset, value }) => ({ offset, value: String(value) }))
    } catch {
      this.#client.drop(leader)
      return null
    }
  }

  async #commit(): Promise<void> {
    const offset = this.#next
    const answer = await this.#ask((client) =>
      client.send(OffsetCommit, 8, {
        groupId: this.#group,
        generationIdOrMemberEpoch: -1,
        memberId: '',
        topics: [{ name: this.topic, partitions: [{ partitionIndex: this.index, committedOffset: offset }] }],
      }),
    )
    if (answer?.topics[0]?.partitions[0]?.errorCode === 0) this.#committed = offset
  }

  async #look(): Promise<void> {
    const answer = await this.#ask((client) =>
      client.send(OffsetFetch, 7, {
        groupId: this.#group,
        topics: [{ name: this.topic, partitionIndexes: [this.index] }],
        requireStable: false,
      }),
    )
    const partition = answer?.topics?.[0]?.partitions[0]
    if (answer?.errorCode !== 0 || partition?.errorCode !== 0) return
    if (partition.committedOffset < this.#committed)
      this.problems.push(`${this.#group} went back from ${this.#committed} to ${partition.committedOffset}`)
  }

  /** Asks the group's coordinator; null where there is none now, or it went away. */
  async #ask<T>(ask: (client: Awaited<ReturnType<ClusterClient['to']>>) => Promise<T>): Promise<T | null> {
    for (const id of this.#running()) {
      let asked = id
      try {
        const any = await this.#client.to(id)
        const { coordinators } = await any.send(FindCoordinator, 4, { keyType: 0, coordinatorKeys: [this.#group] })
        const found = coordinators?.[0]
        if (found?.errorCode !== 0) continue
        asked = found.nodeId
        return await ask(await this.#client.to(asked))
      } catch {
        this.#client.drop(asked)
      }
    }
    return null
  }
}
