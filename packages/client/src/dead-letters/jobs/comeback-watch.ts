/** Counts which letters of a job came back: dead again, or given back to the retry topic by a consumer. */
import type { RecordCursor } from '@odradek/protocol'
import type { Cluster } from '../../cluster.ts'
import { fetchMetadata } from '../../cluster-metadata.ts'
import { walkPartition } from '../dead-letter.ts'
import { redriveHeaders } from '../letter-headers.ts'
import type { JobRecord } from './jobs-record.ts'

const JOB = Buffer.from(redriveHeaders.job)
const FROM = Buffer.from(redriveHeaders.from)
const RECONSUME_TIME = Buffer.from('RECONSUME_TIME')

export class ComebackWatch {
  readonly #cluster: Cluster
  readonly #job: JobRecord
  /** Where to read on, by topic and partition. */
  readonly #next: { readonly topic: string; readonly partition: number; offset: number }[]
  readonly #cameBack = new Set<string>()

  constructor(cluster: Cluster, job: JobRecord) {
    this.#cluster = cluster
    this.#job = job
    this.#next = job.ends.map(([topic, partition, offset]) => ({ topic, partition, offset }))
  }

  /** Reads on to the end of the topics; how many letters have come back by now. */
  async count(): Promise<number> {
    const names = [...new Set(this.#next.map(({ topic }) => topic))]
    if (names.length === 0) return 0
    const { topics } = await fetchMetadata(this.#cluster, names)
    for (const next of this.#next) {
      const topic = topics.get(next.topic)
      if (topic?.errorCode !== 0) continue
      const isRetry = next.topic === this.#job.retryTopic
      const visit = (cursor: RecordCursor) => {
        if (cursor.lastHeader(JOB)?.toString() !== this.#job.job) return true
        if (isRetry && !this.#isGivenBack(cursor)) return true
        const from = cursor.lastHeader(FROM)?.toString()
        if (from !== undefined) this.#cameBack.add(from)
        return true
      }
      next.offset = await walkPartition(
        this.#cluster,
        topic,
        next.partition,
        next.offset,
        Number.MAX_SAFE_INTEGER,
        visit,
      )
    }
    return this.#cameBack.size
  }

  /** The broker counts how often a record was shown in the retry topic: once is what we sent there ourselves. */
  #isGivenBack(cursor: RecordCursor): boolean {
    const times = Number(cursor.lastHeader(RECONSUME_TIME)?.toString() ?? 0)
    return times > (this.#job.target.kind === 'retry' ? 1 : 0)
  }
}
