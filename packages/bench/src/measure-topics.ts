import { CreateTopics, Metadata } from '@odradek/protocol'
import type { Contestant } from './contestant.ts'
import { type DriveTimes, drive } from './drive.ts'
import { ControlClient, check, pause } from './load/control-client.ts'
import { LoadError } from './load/load.ts'
import { encodeLoadBatch } from './load/load-batch.ts'
import { memoryMegabytesOf } from './process-usage.ts'
import type { RowLoad } from './rows.ts'
import { ServerProcess } from './server-process.ts'
import { type Spread, spreadOf } from './spread.ts'

export interface TopicsResult {
  readonly topics: number
  readonly partitionsPerTopic: number
  /** From the first CreateTopics until every partition is led. */
  readonly ledMs: number
  readonly residentMegabytes: number
  /** MB/s to one topic of the crowded broker over MB/s to the only topic of another, round by round. */
  readonly produceRatio: Spread
  /** From the start of the process to the first record fetched, after a clean stop. */
  readonly restartMs: number
  readonly restartedMegabytes: number
}

const TOPICS_PER_REQUEST = 50
const LED_MS_MAX = 300_000
const PREFIX = 'odradek-bench-many-'

/** A broker with many partitions: how long they take, what they cost, and whether one of them suffers from the others. */
export async function measureTopics(
  topics: number,
  partitionsPerTopic: number,
  load: RowLoad,
  rounds: number,
  times: DriveTimes,
): Promise<TopicsResult> {
  await using crowded = await ServerProcess.broker()
  const client = await ControlClient.connect(crowded.host, crowded.port)
  const from = performance.now()
  for (let first = 0; first < topics; first += TOPICS_PER_REQUEST) {
    const count = Math.min(TOPICS_PER_REQUEST, topics - first)
    await createTopics(client, first, count, partitionsPerTopic)
  }
  await allLed(client, topics, partitionsPerTopic)
  const ledMs = performance.now() - from
  const residentMegabytes = memoryMegabytesOf(crowded.pid, 'VmRSS')
  await client.produce(`${PREFIX}0`, 0, encodeLoadBatch(1, 1024, 1))
  client.close()

  const ratios: number[] = []
  {
    await using quiet = await ServerProcess.broker()
    const contestant = ({ host, port, pid }: ServerProcess): Contestant => ({ name: 'broker', host, port, pids: [pid] })
    for (let round = 0; round < rounds; round++) {
      const among = await drive(contestant(crowded), load, times)
      const alone = await drive(contestant(quiet), load, times)
      ratios.push(among.megabytesPerSecond / alone.megabytesPerSecond)
    }
  }

  await crowded.stop()
  const restart = performance.now()
  await crowded.start()
  const again = await ControlClient.connect(crowded.host, crowded.port)
  await again.fetch(`${PREFIX}0`, 0, 0, 1024 * 1024)
  const restartMs = performance.now() - restart
  const restartedMegabytes = memoryMegabytesOf(crowded.pid, 'VmRSS')
  again.close()
  const produceRatio = spreadOf(ratios)
  return { topics, partitionsPerTopic, ledMs, residentMegabytes, produceRatio, restartMs, restartedMegabytes }
}

async function createTopics(client: ControlClient, first: number, count: number, partitions: number): Promise<void> {
  const { topics } = await client.send(CreateTopics, 4, {
    topics: Array.from({ length: count }, (_, index) => ({
      name: `${PREFIX}${first + index}`,
      numPartitions: partitions,
      replicationFactor: 1,
      assignments: [],
      configs: [],
    })),
    timeoutMs: 60_000,
  })
  for (const { name, errorCode, errorMessage } of topics) check(`CreateTopics ${name}`, errorCode, errorMessage)
}

async function allLed(client: ControlClient, topics: number, partitionsPerTopic: number): Promise<void> {
  for (const until = performance.now() + LED_MS_MAX; ; await pause(50)) {
    const answer = await client.send(Metadata, 4, { topics: null, allowAutoTopicCreation: false })
    let led = 0
    for (const { name, partitions } of answer.topics) {
      if (!name?.startsWith(PREFIX)) continue
      led += partitions.filter(({ errorCode, leaderId }) => errorCode === 0 && leaderId >= 0).length
    }
    if (led === topics * partitionsPerTopic) return
    if (performance.now() > until) throw new LoadError(`${led} of ${topics * partitionsPerTopic} partitions are led`)
  }
}
