import { type Cluster, topicPlaces } from '@odradek/client'
import { encodeBatch, Produce, type RecordInput, sliceOf } from '@odradek/protocol'
import { LoadError } from '../load/load.ts'

const VALUE = 'x'.repeat(1024)
const ERROR = 'java.lang.IllegalStateException: order has no price'
const ATTEMPTS = JSON.stringify(
  Array.from({ length: 17 }, (_, at) => ({
    time: 1_700_000_000_000 + at,
    client: 'payments-1',
    host: '10.0.0.1',
    error: ERROR,
  })),
)
/** Letters are a millisecond apart from then on: an hour ago, so that no retention takes them. */
const FIRST_MS = Date.now() - 3_600_000
const LETTERS_PER_BATCH = 500
const REQUESTS_AT_ONCE = 4

/** Dead letters of 1 KiB with seventeen attempts, numbered from `first` on. */
export function letterBatch(first: number, count: number): Buffer {
  const records = Array.from({ length: count }, (_, at): RecordInput => {
    const headers = [
      { key: 'ORIGIN_TOPIC', value: `orders-${at % 5}` },
      { key: 'EXCEPTION', value: `${ERROR}\n    at pay (orders.ts:${at % 9})` },
      { key: 'ATTEMPTS', value: ATTEMPTS },
      { key: 'RECONSUME_TIME', value: '16' },
      { key: 'DEAD_LETTER_REASON', value: 'Retried 16 times.' },
    ]
    return { key: `key ${first + at}`, value: VALUE, headers, timestamp: FIRST_MS + first + at }
  })
  return encodeBatch({ records, codec: 'lz4' })
}

/** Puts so many dead letters into a topic, spread over its partitions batch by batch. */
export async function fillLetters(cluster: Cluster, topic: string, letters: number): Promise<void> {
  const { partitions } = await topicPlaces(cluster, topic)
  let next = 0
  const send = async () => {
    while (next < letters) {
      const first = next
      next += LETTERS_PER_BATCH
      const { partition, leader } = partitions[(first / LETTERS_PER_BATCH) % partitions.length]!
      const batch = letterBatch(first, Math.min(LETTERS_PER_BATCH, letters - first))
      await sendLetters(cluster, leader, [{ topic, partition, batch }])
    }
  }
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, send))
}

/** Sends batches to one broker; throws a LoadError where one is refused. */
export async function sendLetters(
  cluster: Cluster,
  leader: number,
  batches: readonly { readonly topic: string; readonly partition: number; readonly batch: Buffer }[],
): Promise<void> {
  const topicData = [...Map.groupBy(batches, ({ topic }) => topic)].map(([name, parts]) => ({
    name,
    partitionData: parts.map(({ partition, batch }) => ({ index: partition, records: sliceOf(batch) })),
  }))
  const request = { acks: -1, timeoutMs: 20_000, topicData }
  const { responses } = await cluster.request(Produce, request, leader, { atMost: 12 })
  for (const { partitionResponses } of responses) {
    for (const { errorCode } of partitionResponses) {
      if (errorCode !== 0) throw new LoadError(`A batch of dead letters was refused with error ${errorCode}.`)
    }
  }
}
