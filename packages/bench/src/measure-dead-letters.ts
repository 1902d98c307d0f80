import {
  Cluster,
  createResendJob,
  createTopic,
  facetLetters,
  MessageSource,
  runResendJob,
  topicPlaces,
} from '@odradek/client'
import { encodeBatch, Produce, type RecordInput, sliceOf } from '@odradek/protocol'
import { LoadError } from './load/load.ts'
import { ServerProcess } from './server-process.ts'
import { type Spread, spreadOf } from './spread.ts'

export interface DeadLettersResult {
  readonly letters: number
  /** A job without a rate limit, from its lease to its end. */
  readonly resentPerSecond: Spread
  /** Freezing which letters it is about. */
  readonly createMs: Spread
  /** Counting all of them by error, origin, attempts, time and state. */
  readonly facetsMs: Spread
}

const LETTERS_PER_BATCH = 500
const PARTITIONS = 4
const VALUE = 'x'.repeat(1024)
const ERROR = 'java.lang.IllegalStateException: order has no price'

/** Dead letters of 1 KiB, each with seventeen attempts: how fast they are counted, and sent again by a job. */
export async function measureDeadLetters(rounds: number, letters: number): Promise<DeadLettersResult> {
  await using broker = await ServerProcess.broker()
  await using cluster = new Cluster({ bootstrap: [`${broker.host}:${broker.port}`] })
  const source = new MessageSource(cluster.options, cluster)
  const topic = 'odradek-bench.DLT'
  await createTopic(cluster, { name: topic, partitions: PARTITIONS })
  await fill(cluster, topic, letters)
  const resent: number[] = []
  const created: number[] = []
  const facets: number[] = []
  for (let round = 0; round < rounds; round++) {
    const origin = `odradek-bench-${round}`
    await createTopic(cluster, { name: origin, partitions: PARTITIONS })
    facets.push(await timed(() => countAll(source, topic, letters)))
    const target = { kind: 'topic', topic: origin } as const
    const select = { kind: 'query' } as const
    let id = ''
    created.push(
      await timed(async () => {
        ;({ id } = await createResendJob(source, { topic, select, target, again: true, by: 'bench' }))
      }),
    )
    const ms = await timed(async () => {
      const { sent, state } = await runResendJob(cluster, id)
      if (sent !== letters || state !== 'done') throw new LoadError(`Of ${letters} letters ${sent} were sent.`)
    })
    resent.push((letters * 1000) / ms)
  }
  return { letters, resentPerSecond: spreadOf(resent), createMs: spreadOf(created), facetsMs: spreadOf(facets) }
}

async function countAll(source: MessageSource, topic: string, letters: number): Promise<void> {
  const found = await facetLetters(
    source,
    {
      topic,
      from: { kind: 'earliest' },
      to: { kind: 'now' },
      filter: {},
      decoders: { key: 'auto', value: 'auto' },
      readCommitted: true,
    },
    () => {},
    new AbortController().signal,
  )
  if (found.letters !== letters) throw new LoadError(`Of ${letters} letters ${found.letters} were counted.`)
}

async function fill(cluster: Cluster, topic: string, letters: number): Promise<void> {
  const { partitions } = await topicPlaces(cluster, topic)
  const attempts = JSON.stringify(
    Array.from({ length: 17 }, (_, at) => ({
      time: 1_700_000_000_000 + at,
      client: 'payments-1',
      host: '10.0.0.1',
      error: ERROR,
    })),
  )
  for (let first = 0; first < letters; first += LETTERS_PER_BATCH) {
    const count = Math.min(LETTERS_PER_BATCH, letters - first)
    const records = Array.from({ length: count }, (_, at): RecordInput => {
      const headers = [
        { key: 'ORIGIN_TOPIC', value: `orders-${at % 5}` },
        { key: 'EXCEPTION', value: `${ERROR}\n    at pay (orders.ts:${at % 9})` },
        { key: 'ATTEMPTS', value: attempts },
        { key: 'RECONSUME_TIME', value: '16' },
        { key: 'DEAD_LETTER_REASON', value: 'Retried 16 times.' },
      ]
      return { key: `key ${first + at}`, value: VALUE, headers, timestamp: 1_700_000_000_000 + first + at }
    })
    const index = (first / LETTERS_PER_BATCH) % PARTITIONS
    const partitionData = [{ index, records: sliceOf(encodeBatch({ records, codec: 'lz4' })) }]
    const request = { acks: -1, timeoutMs: 20_000, topicData: [{ name: topic, partitionData }] }
    const answer = await cluster.request(Produce, request, partitions[index]!.leader, { atMost: 12 })
    const errorCode = answer.responses[0]?.partitionResponses[0]?.errorCode
    if (errorCode !== 0) throw new LoadError(`A batch of dead letters was refused with error ${errorCode}.`)
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}
