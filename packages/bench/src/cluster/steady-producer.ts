/**
 * Writes one record after the other with acks=all, to whoever leads, and notes when each was acknowledged. What fails is sent
 * again, after asking the brokers that are left who leads: as fast as a client can, so that what is measured is the cluster.
 */
import { Metadata, Produce, type Slice } from '@odradek/protocol'
import { type ControlClient, PRODUCE_VERSION, pause } from '../load/control-client.ts'
import { encodeLoadBatch } from '../load/load-batch.ts'
import type { BenchCluster } from './bench-cluster.ts'

const ASK_AGAIN_MS = 5
const PAUSE_MS = 1

export class SteadyProducer {
  readonly #cluster: BenchCluster
  readonly #topic: string
  readonly #batch: Slice = encodeLoadBatch(1, 100, 1)
  readonly #acknowledgedAt: number[] = []
  readonly #clients = new Map<number, ControlClient>()
  #isEnding = false
  #leader = -1
  readonly #run: Promise<void>

  constructor(cluster: BenchCluster, topic: string) {
    this.#cluster = cluster
    this.#topic = topic
    this.#run = this.#produce()
    this.#run.catch(() => {})
  }

  /** The broker that acknowledged last, -1 at first. */
  get leader(): number {
    return this.#leader
  }

  /** Resolves when so many more are acknowledged. */
  async acknowledges(count: number): Promise<void> {
    const wanted = this.#acknowledgedAt.length + count
    const enough = async () => {
      while (this.#acknowledgedAt.length < wanted) await pause(ASK_AGAIN_MS)
    }
    await Promise.race([enough(), this.#run])
  }

  /** The longest time without an acknowledgement since `from` (of performance.now). */
  longestGapSince(from: number): number {
    let before = this.#acknowledgedAt.findLast((at) => at <= from) ?? from
    let longest = 0
    for (const at of this.#acknowledgedAt) {
      if (at <= from) continue
      longest = Math.max(longest, at - before)
      before = at
    }
    return longest
  }

  async end(): Promise<void> {
    this.#isEnding = true
    await this.#run
    for (const client of this.#clients.values()) client.close()
  }

  async #produce(): Promise<void> {
    while (!this.#isEnding) {
      const leader = await this.#findLeader()
      if (leader === -1) await pause(ASK_AGAIN_MS)
      else while (!this.#isEnding && (await this.#send(leader))) await pause(PAUSE_MS)
    }
  }

  async #findLeader(): Promise<number> {
    for (const [id] of this.#cluster.running) {
      try {
        const client = await this.#client(id)
        const { topics } = await client.send(Metadata, 4, {
          topics: [{ name: this.#topic }],
          allowAutoTopicCreation: false,
        })
        const leader = topics[0]?.partitions[0]?.leaderId ?? -1
        if (this.#cluster.brokers.get(leader)?.isRunning) return leader
      } catch {
        this.#drop(id)
      }
    }
    return -1
  }

  /** False where another is to be asked who leads. */
  async #send(id: number): Promise<boolean> {
    try {
      const client = await this.#client(id)
      const { responses } = await client.send(Produce, PRODUCE_VERSION, {
        acks: -1,
        timeoutMs: 1_000,
        topicData: [{ name: this.#topic, partitionData: [{ index: 0, records: this.#batch }] }],
      })
      if (responses[0]?.partitionResponses[0]?.errorCode !== 0) return false
      this.#acknowledgedAt.push(performance.now())
      this.#leader = id
      return true
    } catch {
      this.#drop(id)
      return false
    }
  }

  async #client(id: number): Promise<ControlClient> {
    const known = this.#clients.get(id)
    if (known !== undefined) return known
    const client = await this.#cluster.client(id)
    this.#clients.set(id, client)
    return client
  }

  #drop(id: number): void {
    this.#clients.get(id)?.close()
    this.#clients.delete(id)
  }
}
