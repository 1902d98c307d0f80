import { type Cluster, Cluster as KafkaCluster } from '@odradek/client'
import { CreateTopics } from '@odradek/protocol'
import { LoadError } from '../load/load.ts'
import { ServerProcess } from '../server-process.ts'
import { type Spread, spreadOf } from '../spread.ts'
import { letterBatch, sendLetters } from './letter-batches.ts'
import { overviewTimes } from './overview-times.ts'

export interface OverviewResult {
  readonly groups: number
  readonly lettersOfEach: number
  /** In a process that has just begun and asks a broker that has just begun. */
  readonly firstMs: Spread
  /** The same with the most frequent error of each. */
  readonly firstErrorsMs: Spread
  readonly againMs: Spread
  readonly againErrorsMs: Spread
}

const LETTERS = 20
const AT_ONCE = 100

/** Many groups with dead letters: how soon it is known where they are, how many and since when, and what went wrong. */
export async function measureOverview(groups: number, rounds: number): Promise<OverviewResult> {
  await using broker = await ServerProcess.broker()
  {
    await using cluster = new KafkaCluster({ bootstrap: [`${broker.host}:${broker.port}`] })
    await fill(cluster, groups)
  }
  const first = { counts: [] as number[], errors: [] as number[] }
  const again = { counts: [] as number[], errors: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    await broker.stop()
    await broker.start()
    const times = await overviewTimes(`${broker.host}:${broker.port}`, groups)
    first.counts.push(times[0]!.countsMs)
    first.errors.push(times[0]!.errorsMs)
    again.counts.push(times[1]!.countsMs)
    again.errors.push(times[1]!.errorsMs)
  }
  return {
    groups,
    lettersOfEach: LETTERS,
    firstMs: spreadOf(first.counts),
    firstErrorsMs: spreadOf(first.errors),
    againMs: spreadOf(again.counts),
    againErrorsMs: spreadOf(again.errors),
  }
}

async function fill(cluster: Cluster, groups: number): Promise<void> {
  const names = Array.from({ length: groups }, (_, at) => `dlq.odradek-bench-${at}`)
  const parts = Array.from({ length: Math.ceil(groups / AT_ONCE) }, (_, at) =>
    names.slice(at * AT_ONCE, (at + 1) * AT_ONCE),
  )
  for (const part of parts) {
    const topics = part.map((name) => {
      const configs = [{ name: 'dlq.group', value: name.slice('dlq.'.length) }]
      return { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs }
    })
    const answer = await cluster.request(CreateTopics, { topics, timeoutMs: 20_000 }, 'controller')
    const refused = answer.topics.find(({ errorCode }) => errorCode !== 0)
    if (refused !== undefined) throw new LoadError(`Topic ${refused.name} was refused: ${refused.errorMessage}`)
  }
  const { topics } = await cluster.metadata(0)
  const batch = letterBatch(0, LETTERS)
  for (const part of parts) {
    const { leader } = topics.get(part[0]!)!.partitions[0]!
    const batches = part.map((topic) => ({ topic, partition: 0, batch: Buffer.from(batch) }))
    await sendLetters(cluster, leader, batches)
  }
}
