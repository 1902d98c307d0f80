import { Cluster, createResendJob, createTopic, facetLetters, MessageSource, runResendJob } from '@odradek/client'
import { LoadError } from '../load/load.ts'
import { ServerProcess } from '../server-process.ts'
import { type Spread, spreadOf } from '../spread.ts'
import { fillLetters } from './letter-batches.ts'

export interface DeadLettersResult {
  readonly letters: number
  /** A job without a rate limit, from its lease to its end. */
  readonly resentPerSecond: Spread
  /** Freezing which letters it is about. */
  readonly createMs: Spread
  /** Counting all of them by error, origin, attempts, time and state. */
  readonly facetsMs: Spread
  /** Until the first of them are counted, and told. */
  readonly firstFacetsMs: Spread
}

const PARTITIONS = 4

/** Dead letters of 1 KiB, each with seventeen attempts: how fast they are counted, and sent again by a job. */
export async function measureDeadLetters(rounds: number, letters: number): Promise<DeadLettersResult> {
  await using broker = await ServerProcess.broker()
  await using cluster = new Cluster({ bootstrap: [`${broker.host}:${broker.port}`] })
  const source = new MessageSource(cluster.options, cluster)
  const topic = 'odradek-bench.DLT'
  await createTopic(cluster, { name: topic, partitions: PARTITIONS })
  await fillLetters(cluster, topic, letters)
  const resent: number[] = []
  const created: number[] = []
  const facets: number[] = []
  const first: number[] = []
  for (let round = 0; round < rounds; round++) {
    const origin = `odradek-bench-${round}`
    await createTopic(cluster, { name: origin, partitions: PARTITIONS })
    const began = performance.now()
    const firstAt = await countAll(source, topic, letters)
    facets.push(performance.now() - began)
    first.push(firstAt - began)
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
  return {
    letters,
    resentPerSecond: spreadOf(resent),
    createMs: spreadOf(created),
    facetsMs: spreadOf(facets),
    firstFacetsMs: spreadOf(first),
  }
}

/** Returns when the first were told. */
async function countAll(source: MessageSource, topic: string, letters: number): Promise<number> {
  let firstAt = 0
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
    (told) => {
      if (firstAt === 0 && told.letters > 0) firstAt = performance.now()
    },
    new AbortController().signal,
  )
  if (found.letters !== letters) throw new LoadError(`Of ${letters} letters ${found.letters} were counted.`)
  return firstAt
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}
