import { CreateTopics, Metadata } from '@odradek/protocol'
import { type ControlClient, check, pause } from '../load/control-client.ts'
import { LoadError } from '../load/load.ts'
import { cpuSecondsOf, memoryMegabytesOf } from '../process-usage.ts'
import { type Spread, spreadOf } from '../spread.ts'
import { BenchCluster } from './bench-cluster.ts'

const PREFIX = 'odradek-bench-many-'
const TOPICS_PER_REQUEST = 50
const LED_MS_MAX = 120_000
/** After what was done before. */
const SETTLE_MS = 5_000

export interface ElectionResult {
  readonly partitions: number
  /** From the first CreateTopics until all are led and in sync. */
  readonly createdMs: number
  /** Led by the broker that is killed. */
  readonly lost: number
  /** From the kill until a broker that is left knows that it is gone: the lease. */
  readonly noticedMs: number
  /** From then until it knows of another leader for each of the partitions, and each leads. */
  readonly electedMs: number
  readonly residentMegabytes: number
}

export interface IdleResult {
  readonly partitions: number
  /** Of one core, of each broker. */
  readonly cpuPercent: Spread
  readonly storeCpuPercent: number
}

/** Three brokers with many partitions of three replicas: nobody writes. */
export async function measureIdle(partitions: number, seconds: number): Promise<IdleResult> {
  await using cluster = await BenchCluster.start(3)
  const client = await cluster.client()
  await createTopics(cluster, partitions)
  await untilLed(client, partitions, [1, 2, 3])
  client.close()
  await pause(SETTLE_MS)
  const pids = [...cluster.pids, cluster.storePid]
  const before = pids.map(cpuSecondsOf)
  const from = performance.now()
  await pause(seconds * 1000)
  const elapsed = (performance.now() - from) / 1000
  const percents = pids.map((pid, at) => ((cpuSecondsOf(pid) - before[at]!) / elapsed) * 100)
  return { partitions, storeCpuPercent: percents.pop()!, cpuPercent: spreadOf(percents) }
}

/** A broker of three is killed: how long until others lead all that it led. */
export async function measureElection(partitions: number): Promise<ElectionResult> {
  await using cluster = await BenchCluster.start(3)
  const client = await cluster.client(2)
  const createdAt = performance.now()
  await createTopics(cluster, partitions)
  const leaders = await untilLed(client, partitions, [1, 2, 3])
  const createdMs = performance.now() - createdAt
  const residentMegabytes = memoryMegabytesOf(cluster.brokers.get(2)!.pid, 'VmRSS')
  await pause(SETTLE_MS)
  const killedAt = performance.now()
  await cluster.brokers.get(1)!.stop('SIGKILL')
  while ((await client.brokerIds()).includes(1)) await pause(5)
  const noticedAt = performance.now()
  // A broker answers when it has begun to lead what it says it leads.
  const other = await cluster.client(3)
  for (const each of [client, other]) await untilLed(each, partitions, [2, 3])
  const electedMs = performance.now() - noticedAt
  client.close()
  other.close()
  return {
    partitions,
    createdMs,
    lost: leaders.get(1) ?? 0,
    noticedMs: noticedAt - killedAt,
    electedMs,
    residentMegabytes,
  }
}

async function createTopics(cluster: BenchCluster, partitions: number): Promise<void> {
  const count = partitions / 10
  const any = await cluster.client()
  const client = await cluster.client(await any.controllerId())
  any.close()
  for (let first = 0; first < count; first += TOPICS_PER_REQUEST) {
    const { topics } = await client.send(CreateTopics, 4, {
      topics: Array.from({ length: Math.min(TOPICS_PER_REQUEST, count - first) }, (_, index) => ({
        name: `${PREFIX}${first + index}`,
        numPartitions: 10,
        replicationFactor: 3,
        assignments: [],
        configs: [],
      })),
      timeoutMs: 60_000,
    })
    for (const { name, errorCode, errorMessage } of topics) check(`CreateTopics ${name}`, errorCode, errorMessage)
  }
  client.close()
}

/** Waits until all partitions are led by one of `ids` and those are in sync; returns how many each leads. */
async function untilLed(
  client: ControlClient,
  partitions: number,
  ids: readonly number[],
): Promise<Map<number, number>> {
  for (const until = performance.now() + LED_MS_MAX; ; await pause(20)) {
    const answer = await client.send(Metadata, 4, { topics: null, allowAutoTopicCreation: false })
    const leaders = new Map<number, number>()
    let led = 0
    for (const { name, partitions } of answer.topics) {
      if (!name?.startsWith(PREFIX)) continue
      for (const { errorCode, leaderId, isrNodes } of partitions) {
        if (errorCode !== 0 || !ids.includes(leaderId) || isrNodes.length !== ids.length) continue
        leaders.set(leaderId, (leaders.get(leaderId) ?? 0) + 1)
        led++
      }
    }
    if (led === partitions) return leaders
    if (performance.now() > until) throw new LoadError(`${led} of ${partitions} partitions are led`)
  }
}
