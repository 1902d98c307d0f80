import { Metadata } from '@odradek/protocol'
import { type ControlClient, pause } from '../load/control-client.ts'
import { LoadError } from '../load/load.ts'
import { type Spread, spreadOf } from '../spread.ts'
import { BenchCluster } from './bench-cluster.ts'
import { SteadyProducer } from './steady-producer.ts'

const TOPIC = 'odradek-bench-failover'
const WHOLE_MS_MAX = 60_000

export interface FailoverResult {
  readonly trials: number
  /** `broker.session.timeout.ms` */
  readonly leaseMs: number
  /** The longest time without an acknowledgement around the kill -9 of a partition's leader. */
  readonly killedMs: Spread
  /** The same where the leader is stopped with SIGTERM. */
  readonly handedOverMs: Spread
  readonly all: { readonly killedMs: readonly number[]; readonly handedOverMs: readonly number[] }
}

/** How long writes rest when the leader of their partition is killed, and when it is stopped; it is started again each time. */
export async function measureFailover(trials: number, leaseMs: number): Promise<FailoverResult> {
  await using cluster = await BenchCluster.start(3, { 'broker.session.timeout.ms': leaseMs })
  const client = await cluster.client()
  await client.createTopic(TOPIC, 1, {}, 3)
  client.close()
  const producer = new SteadyProducer(cluster, TOPIC)
  const trial = async (signal: NodeJS.Signals): Promise<number> => {
    await untilWhole(cluster)
    await producer.acknowledges(100)
    const leader = cluster.brokers.get(producer.leader)!
    const from = performance.now()
    await leader.stop(signal)
    await producer.acknowledges(100)
    const gapMs = producer.longestGapSince(from)
    await leader.start()
    return gapMs
  }
  const handedOverMs: number[] = []
  for (let at = 0; at < trials; at++) handedOverMs.push(await trial('SIGTERM'))
  const killedMs: number[] = []
  for (let at = 0; at < trials; at++) killedMs.push(await trial('SIGKILL'))
  await producer.end()
  return {
    trials,
    leaseMs,
    killedMs: spreadOf(killedMs),
    handedOverMs: spreadOf(handedOverMs),
    all: { killedMs, handedOverMs },
  }
}

/** Waits until all brokers know that all replicas are in sync. */
async function untilWhole(cluster: BenchCluster): Promise<void> {
  for (const [id] of cluster.running) {
    const client = await cluster.client(id)
    for (const until = performance.now() + WHOLE_MS_MAX; !(await isWhole(client)); await pause(20))
      if (performance.now() > until) throw new LoadError(`The replicas are not in sync after ${WHOLE_MS_MAX / 1000} s`)
    client.close()
  }
}

async function isWhole(client: ControlClient): Promise<boolean> {
  const { topics } = await client.send(Metadata, 4, { topics: [{ name: TOPIC }], allowAutoTopicCreation: false })
  return topics[0]!.partitions.every(({ isrNodes, replicaNodes }) => isrNodes.length === replicaNodes.length)
}
