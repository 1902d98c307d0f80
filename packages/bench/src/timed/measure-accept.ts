import type { Contestant } from '../contestant.ts'
import { type DriveTimes, drive } from '../drive.ts'
import type { LoadFigures } from '../load/load.ts'
import type { RowLoad } from '../rows.ts'
import { ServerProcess } from '../server-process.ts'
import { type Spread, spreadOf } from '../spread.ts'

const HOUR_MS = 3_600_000

/** The same load into a topic of timed messages, and into an ordinary one. */
export interface AcceptResult {
  readonly name: string
  readonly megabytesPerSecond: Spread
  readonly requestsPerSecond: Spread
  readonly p99: Spread
  /** MB/s over those of an ordinary topic of the same broker, round by round; so is the server's CPU per GB. */
  readonly speedRatio: Spread
  readonly cpuRatio: Spread
}

/** Batches, and single records over many connections: interleaved rounds against one broker. */
export async function measureAccept(produce: RowLoad, rounds: number, times: DriveTimes): Promise<AcceptResult[]> {
  await using broker = await ServerProcess.broker()
  const contestant: Contestant = { name: 'broker', host: broker.host, port: broker.port, pids: [broker.pid] }
  const loads = {
    'accepted, 64 KiB batches': { ...produce, recordsPerBatch: 64 },
    'accepted one by one, 64 connections': { ...produce, recordsPerBatch: 1, connections: 64, depth: 1 },
  }
  const results: AcceptResult[] = []
  for (const [name, load] of Object.entries(loads)) {
    const pairs: { readonly timed: LoadFigures; readonly plain: LoadFigures }[] = []
    for (let round = 0; round < rounds; round++) {
      const plain = () => drive(contestant, load, times)
      const timed = () => drive(contestant, { ...load, delayMs: HOUR_MS }, times)
      const isPlainFirst = round % 2 === 0
      const first = await (isPlainFirst ? plain() : timed())
      const second = await (isPlainFirst ? timed() : plain())
      pairs.push(isPlainFirst ? { plain: first, timed: second } : { plain: second, timed: first })
    }
    const ratio = (of: (figures: LoadFigures) => number) =>
      spreadOf(pairs.map(({ timed, plain }) => of(timed) / of(plain)))
    const spread = (of: (figures: LoadFigures) => number) => spreadOf(pairs.map(({ timed }) => of(timed)))
    results.push({
      name,
      megabytesPerSecond: spread((figures) => figures.megabytesPerSecond),
      requestsPerSecond: spread((figures) => figures.requestsPerSecond),
      p99: spread((figures) => figures.p99),
      speedRatio: ratio((figures) => figures.megabytesPerSecond),
      cpuRatio: ratio((figures) => figures.serverCpuSecondsPerGigabyte),
    })
  }
  return results
}
