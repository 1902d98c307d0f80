import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type DriveTimes, drive } from './drive.ts'
import { ControlClient } from './load/control-client.ts'
import { LoadError, type LoadFigures } from './load/load.ts'
import { cpuSecondsOf, kernelThreadSeconds } from './process-usage.ts'
import type { RowLoad } from './rows.ts'
import { ServerProcess } from './server-process.ts'
import { setConfigs } from './set-configs.ts'
import { type Spread, spreadOf } from './spread.ts'

export interface FlushResult {
  readonly megabytesPerSecond: number
  /** With the flushes that a broker does by itself over without any, pair by pair. */
  readonly cpuRatio: Spread
  /**
   * The same with what the kernel's own threads take, until all that was written is on the disk in both cases: what is not
   * flushed by the broker is flushed by them. What others on the machine write counts too.
   */
  readonly wholeCpuRatio: Spread
  readonly p99Ratio: Spread
  readonly cpuPercent: Spread
  readonly p99: Spread
}

/** What a broker does by itself. */
const OWN = { 'flush.interval.ms': 500, 'flush.dirty.bytes': 4 * 1024 * 1024 }
/** Nothing is flushed in a run, by the broker at least. */
const NEVER = { 'flush.interval.ms': 3_600_000, 'flush.dirty.bytes': 2 ** 50 }
const TOPIC = 'odradek-bench-flushes'

/** What a run took. */
interface Run {
  readonly figures: LoadFigures
  /** Of the broker and the kernel's threads, until all that was written is on the disk. */
  readonly wholeSeconds: number
}

/** Of each round. */
const PAIRS = 4
/** How long the files of a topic that is gone may stay. */
const FREED_MS_MAX = 60_000

/**
 * What flushing beside the load costs: the same rate to one broker, which is told to flush and to leave all to the system by
 * turns, so that everything else is the same. Each round has pairs of runs, every second one in the other order: what
 * changes slowly on the machine comes out even.
 */
export async function measureFlush(
  megabytesPerSecond: number,
  load: RowLoad,
  rounds: number,
  times: DriveTimes,
): Promise<FlushResult> {
  // What a run wrote is freed before the next: to free it costs a tenth of what it took to write.
  await using broker = await ServerProcess.broker({ config: { 'log.segment.delete.delay.ms': 1 } })
  const { host, port, pid } = broker
  const client = await ControlClient.connect(host, port)
  const batchBytes = load.recordsPerBatch * load.recordBytes
  const requestsPerSecond = Math.round((megabytesPerSecond * 1e6) / batchBytes)
  const rate: RowLoad = { ...load, kind: 'rate', depth: 1, requestsPerSecond }
  const run = async (settings: typeof OWN): Promise<Run> => {
    await setConfigs(client, null, settings)
    await client.createTopic(TOPIC, load.partitions)
    sync(broker.directory)
    const brokerFrom = cpuSecondsOf(pid)
    const kernelFrom = kernelThreadSeconds()
    const figures = await drive({ name: 'broker', host, port, pids: [pid] }, rate, times, TOPIC)
    sync(broker.directory)
    let wholeSeconds = cpuSecondsOf(pid) - brokerFrom
    for (const [thread, seconds] of kernelThreadSeconds()) wholeSeconds += seconds - (kernelFrom.get(thread) ?? 0)
    await client.deleteTopic(TOPIC)
    await freed(`${broker.directory}/data`)
    return { figures, wholeSeconds }
  }
  const found = {
    cpuRatio: [] as number[],
    wholeCpuRatio: [] as number[],
    p99Ratio: [] as number[],
    cpuPercent: [] as number[],
    p99: [] as number[],
  }
  // Memory that the machine has not touched yet costs the first runs more, as does code that is not compiled yet.
  for (const settings of [OWN, NEVER, OWN, NEVER]) await run(settings)
  for (let pair = 0; pair < rounds * PAIRS; pair++) {
    const isOwnFirst = pair % 2 === 0
    const first = await run(isOwnFirst ? OWN : NEVER)
    const second = await run(isOwnFirst ? NEVER : OWN)
    const [own, never] = isOwnFirst ? [first, second] : [second, first]
    found.cpuRatio.push(own.figures.serverCpuPercent / never.figures.serverCpuPercent)
    found.wholeCpuRatio.push(own.wholeSeconds / never.wholeSeconds)
    found.p99Ratio.push(own.figures.p99 / never.figures.p99)
    found.cpuPercent.push(own.figures.serverCpuPercent)
    found.p99.push(own.figures.p99)
  }
  client.close()
  return {
    megabytesPerSecond,
    cpuRatio: spreadOf(found.cpuRatio),
    wholeCpuRatio: spreadOf(found.wholeCpuRatio),
    p99Ratio: spreadOf(found.p99Ratio),
    cpuPercent: spreadOf(found.cpuPercent),
    p99: spreadOf(found.p99),
  }
}

/** Waits until the files of the topic are gone. */
async function freed(directory: string): Promise<void> {
  const until = performance.now() + FREED_MS_MAX
  while (readdirSync(directory).some((name) => name.startsWith(TOPIC))) {
    if (performance.now() > until) throw new LoadError(`The files of ${TOPIC} in ${directory} are still there`)
    await sleep(10)
  }
}

/** Waits until all that was written on the file system of `directory` is on the disk. */
function sync(directory: string): void {
  const { status, error } = spawnSync('sync', ['-f', directory])
  if (status !== 0) throw new LoadError(`sync -f ${directory} failed${error === undefined ? '' : `: ${error.message}`}`)
}
