import type { Contestant } from '../contestant.ts'
import { type DriveTimes, drive } from '../drive.ts'
import type { LoadFigures } from '../load/load.ts'
import type { Endpoint } from '../options.ts'
import { cpuSecondsOf } from '../process-usage.ts'
import { numberText } from '../report/number-text.ts'
import type { LoadRow } from '../rows.ts'
import { ServerProcess } from '../server-process.ts'
import { type Spread, spreadOf } from '../spread.ts'
import { touchMemory } from '../touch-memory.ts'
import { BenchCluster } from './bench-cluster.ts'

const LEADER = 1

export interface ReplicationResult {
  readonly row: string
  readonly cluster: readonly LoadFigures[]
  readonly single: readonly LoadFigures[]
  /** Another make's three brokers; empty without. */
  readonly peer: readonly LoadFigures[]
  /** CPU that a follower takes over what the leader takes, for the same bytes. */
  readonly followerCpuRatio: Spread
}

/** Three brokers with acks=all beside one with acks=1, and beside three of another make, each row in turns. */
export async function measureReplication(
  rows: readonly LoadRow[],
  rounds: number,
  times: DriveTimes,
  touchGibibytes: number,
  peer: Endpoint | null,
  print: (text: string) => void,
): Promise<ReplicationResult[]> {
  await using cluster = await BenchCluster.start(3)
  await using single = await ServerProcess.broker()
  const { host, port } = cluster.brokers.get(LEADER)!
  const three: Contestant = { name: 'broker', host, port, pids: cluster.pids }
  const one: Contestant = { name: 'broker', host: single.host, port: single.port, pids: [single.pid] }
  const results: ReplicationResult[] = []
  for (const { name, load } of rows) {
    const replicated = { ...load, replicas: 3, acks: -1 as const }
    const figures = { cluster: [] as LoadFigures[], single: [] as LoadFigures[], peer: [] as LoadFigures[] }
    const ratios: number[] = []
    for (let round = 0; round < rounds; round++) {
      touchMemory(touchGibibytes)
      const before = cluster.pids.map(cpuSecondsOf)
      figures.cluster.push(await drive(three, replicated, times))
      const [leader, ...followers] = cluster.pids.map((pid, at) => cpuSecondsOf(pid) - before[at]!)
      ratios.push(followers.reduce((sum, seconds) => sum + seconds, 0) / followers.length / leader!)
      touchMemory(touchGibibytes)
      figures.single.push(await drive(one, load, times))
      if (peer === null) continue
      touchMemory(touchGibibytes)
      figures.peer.push(await drive({ name: 'peer', ...peer }, replicated, times))
    }
    print(`three brokers, ${name}: ${medianOf(figures.cluster)} MB/s; one: ${medianOf(figures.single)} MB/s`)
    results.push({ row: name, ...figures, followerCpuRatio: spreadOf(ratios) })
  }
  return results
}

function medianOf(rounds: readonly LoadFigures[]): string {
  return numberText(spreadOf(rounds.map(({ megabytesPerSecond }) => megabytesPerSecond)).median)
}
