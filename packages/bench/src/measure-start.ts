import { cpuSecondsOf, memoryMegabytesOf } from './process-usage.ts'
import { ServerProcess } from './server-process.ts'
import { type Spread, spreadOf } from './spread.ts'

export interface StartResult {
  /** From the start of the process to `Listening`, on an empty directory, compiled code cached. */
  readonly startMs: Spread
  /** The same of the reference server: what the runtime takes. */
  readonly referenceStartMs: Spread
  readonly idleMegabytes: Spread
  /** Share of one core. */
  readonly idleCpuPercent: Spread
}

/** Nothing of the start is still under way after this. */
const SETTLE_MS = 2000

/** Starts brokers and leaves them alone for `idleSeconds`. */
export async function measureStart(rounds: number, idleSeconds: number): Promise<StartResult> {
  // The first start fills the cache of compiled code.
  await (await ServerProcess.broker())[Symbol.asyncDispose]()
  const starts: number[] = []
  const referenceStarts: number[] = []
  const megabytes: number[] = []
  const percents: number[] = []
  for (let round = 0; round < rounds; round++) {
    await using broker = await ServerProcess.broker()
    starts.push(broker.startMs)
    await sleep(SETTLE_MS)
    const before = cpuSecondsOf(broker.pid)
    const from = performance.now()
    await sleep(idleSeconds * 1000)
    percents.push(((cpuSecondsOf(broker.pid) - before) / (performance.now() - from)) * 1e5)
    megabytes.push(memoryMegabytesOf(broker.pid, 'VmRSS'))
    await using reference = await ServerProcess.reference()
    referenceStarts.push(reference.startMs)
  }
  return {
    startMs: spreadOf(starts),
    referenceStartMs: spreadOf(referenceStarts),
    idleMegabytes: spreadOf(megabytes),
    idleCpuPercent: spreadOf(percents),
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
