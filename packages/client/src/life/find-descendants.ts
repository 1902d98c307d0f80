/** Looks for what became of a message in a topic of retries or dead letters: bounded, and it says where it ended. */
import { errors, type RecordCursor } from '@odradek/protocol'
import type { Cluster } from '../cluster.ts'
import { KafkaError } from '../cluster-errors.ts'
import type { TopicPlaces } from '../cluster-metadata.ts'
import { partitionOfKey } from '../messages/partition-of-key.ts'
import { fetchBatches } from '../messages/scan/fetch-batches.ts'
import { turn } from '../messages/scan/turn.ts'
import { BatchWalk, offsetAfter, WalkCounts } from '../messages/scan/walk-batches.ts'
import { EARLIEST, LATEST, listOffsets, offsetOf } from '../partition-offsets.ts'
import type { LifePlace } from './life-event.ts'
import { type RecordFacts, recordFacts } from './record-facts.ts'

/** What may still be read. Shared by all searches for one message. */
export interface SearchBudget {
  records: number
  bytes: number
  /** On the monotonic clock, milliseconds. */
  readonly until: number
}

/** What is looked for: records that name this origin, or that are one of these letters (`topic-partition@offset`) sent again. */
export type Ancestor = { readonly origin: LifePlace } | { readonly letters: ReadonlySet<string> }

export interface Descendants {
  readonly found: readonly RecordFacts[]
  /** Records that were not read because the budget was used up; 0: all were. */
  readonly left: number
}

const FETCH_BYTES = 1024 * 1024
const ORIGIN_OFFSETS = ['ORIGIN_OFFSET', '__connect.errors.offset'].map((name) => Buffer.from(name))
const REDRIVE_FROM = Buffer.from('x-redrive-from')
const SPRING_OFFSET = Buffer.from('kafka_dlt-original-offset')

/** Records of a topic, written from `fromMs` on, whose headers name the ancestor. The partition of its key is read first. */
export async function findDescendants(
  cluster: Cluster,
  topic: TopicPlaces,
  ancestor: Ancestor,
  fromMs: number,
  key: Buffer | null,
  budget: SearchBudget,
): Promise<Descendants> {
  const [ends, starts, after] = await Promise.all([
    listOffsets(cluster, [{ topic }], LATEST),
    listOffsets(cluster, [{ topic }], EARLIEST),
    listOffsets(cluster, [{ topic }], Math.max(0, fromMs)),
  ])
  const likely = key === null ? -1 : partitionOfKey(key, topic.partitions.length)
  const places = topic.partitions.toSorted((a, b) => Number(b.partition === likely) - Number(a.partition === likely))
  const found: RecordFacts[] = []
  let left = 0
  for (const place of places) {
    const { partition, leader } = place
    const end = offsetOf(ends, topic.name, partition)
    const first = offsetOf(after, topic.name, partition)
    if (leader < 0 || end === null || first === null) throw new KafkaError(5, `read topic "${topic.name}"`)
    // -1: nothing was written since.
    let offset = first < 0 ? end : Math.max(first, offsetOf(starts, topic.name, partition) ?? 0)
    while (offset < end) {
      if (budget.records <= 0 || budget.bytes <= 0 || performance.now() >= budget.until) {
        left += end - offset
        break
      }
      const next = await readSome(cluster, topic.name, { partition, leader, offset }, end, ancestor, budget, found)
      if (next <= offset) break
      offset = next
      await turn()
    }
  }
  return { found, left }
}

async function readSome(
  cluster: Cluster,
  topic: string,
  position: { readonly partition: number; readonly leader: number; readonly offset: number },
  end: number,
  ancestor: Ancestor,
  budget: SearchBudget,
  found: RecordFacts[],
): Promise<number> {
  const { partition, offset } = position
  const limits = { isolation: 1, maxBytes: FETCH_BYTES, partitionMaxBytes: FETCH_BYTES } as const
  const [fetched] = await fetchBatches(cluster, topic, [position], limits)
  if (fetched === undefined) return offset
  if (fetched.errorCode === errors.OFFSET_OUT_OF_RANGE.code) return Math.max(offset, fetched.logStartOffset)
  if (fetched.errorCode !== 0) throw new KafkaError(fetched.errorCode, `read topic "${topic}"`)
  const isCandidate = candidateOf(ancestor)
  budget.bytes -= fetched.records === null ? 0 : fetched.records.end - fetched.records.start
  new BatchWalk(new WalkCounts()).run(fetched, offset, end, true, (cursor) => {
    budget.records -= 1
    if (!isCandidate(cursor)) return true
    const { header, timestamp } = cursor
    const record = {
      timestamp,
      timestampType: header.timestampType,
      key: cursor.key(),
      producerId: header.producerId < 0 ? null : header.producerId,
    }
    const facts = recordFacts({ topic, partition, offset: cursor.offset }, record, cursor.headers())
    if (!('origin' in ancestor) || isSame(facts.origin, ancestor.origin)) found.push(facts)
    return true
  })
  return offsetAfter(fetched, offset)
}

/** Whether a record may be one, by as few of its headers as can be. */
function candidateOf(ancestor: Ancestor): (cursor: RecordCursor) => boolean {
  if ('letters' in ancestor) {
    return (cursor) => ancestor.letters.has(cursor.lastHeader(REDRIVE_FROM)?.toString('utf8') ?? '')
  }
  const wanted = Buffer.from(String(ancestor.origin.offset))
  return (cursor) =>
    ORIGIN_OFFSETS.some((name) => cursor.lastHeader(name)?.equals(wanted)) ||
    cursor.lastHeader(SPRING_OFFSET) !== undefined
}

/** Whether two places are the same one. */
export function isSame(one: LifePlace | null, other: LifePlace | null): boolean {
  return (
    one !== null &&
    other !== null &&
    one.topic === other.topic &&
    one.partition === other.partition &&
    one.offset === other.offset
  )
}
