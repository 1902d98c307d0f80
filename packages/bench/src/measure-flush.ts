import { type DriveTimes, drive } from './drive.ts'
import type { RowLoad } from './rows.ts'
import { ServerProcess } from './server-process.ts'
import { type Spread, spreadOf } from './spread.ts'

export interface FlushResult {
  readonly megabytesPerSecond: number
  /** With the flushes that a broker does by itself over without any, round by round. */
  readonly cpuRatio: Spread
  readonly p99Ratio: Spread
  readonly cpuPercent: Spread
  readonly p99: Spread
}

/** Nothing is flushed in a run, by the broker at least. */
const NEVER = { 'flush.interval.ms': 3_600_000, 'flush.dirty.bytes': 2 ** 50 }

/** What flushing beside the load costs: the same rate to a broker as it is and to one that leaves all to the system. */
export async function measureFlush(
  megabytesPerSecond: number,
  load: RowLoad,
  rounds: number,
  times: DriveTimes,
): Promise<FlushResult> {
  await using flushing = await ServerProcess.broker()
  await using leaving = await ServerProcess.broker({ config: NEVER })
  const batchBytes = load.recordsPerBatch * load.recordBytes
  const rate: RowLoad = {
    ...load,
    kind: 'rate',
    depth: 1,
    requestsPerSecond: Math.round((megabytesPerSecond * 1e6) / batchBytes),
  }
  const run = async ({ host, port, pid }: ServerProcess) =>
    drive({ name: 'broker', host, port, pids: [pid] }, rate, times)
  const found = { cpuRatio: [] as number[], p99Ratio: [] as number[], cpuPercent: [] as number[], p99: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    const isFirst = round % 2 === 0
    const one = await run(isFirst ? flushing : leaving)
    const other = await run(isFirst ? leaving : flushing)
    const [own, none] = isFirst ? [one, other] : [other, one]
    found.cpuRatio.push(own.serverCpuPercent / none.serverCpuPercent)
    found.p99Ratio.push(own.p99 / none.p99)
    found.cpuPercent.push(own.serverCpuPercent)
    found.p99.push(own.p99)
  }
  return {
    megabytesPerSecond,
    cpuRatio: spreadOf(found.cpuRatio),
    p99Ratio: spreadOf(found.p99Ratio),
    cpuPercent: spreadOf(found.cpuPercent),
    p99: spreadOf(found.p99),
  }
}
