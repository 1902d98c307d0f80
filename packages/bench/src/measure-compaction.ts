import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeBatch, sliceOf } from '@odradek/protocol'
import type { Contestant } from './contestant.ts'
import { type DriveTimes, drive } from './drive.ts'
import { ControlClient, pause } from './load/control-client.ts'
import { LoadError } from './load/load.ts'
import { memoryMegabytesOf, resetPeakMemory } from './process-usage.ts'
import type { RowLoad } from './rows.ts'
import { ServerProcess } from './server-process.ts'
import { setConfigs } from './set-configs.ts'
import { type Spread, spreadOf } from './spread.ts'

export interface CompactionResult {
  readonly megabytes: number
  readonly keys: number
  /** Of the log before the pass over the time that the pass took, round by round. */
  readonly megabytesPerSecond: Spread
  /** The most that the broker had while it compacted, over what it had before. */
  readonly memoryMegabytes: Spread
  /** Of 1,000 requests a second beside the pass over those before and after it, round by round. */
  readonly p99Ratio: Spread
  /** Run by run. */
  readonly p99: Spread
  readonly quietP99: Spread
}

const TOPIC = 'odradek-bench-compacted'
const RECORDS_PER_BATCH = 64
const VALUE_BYTES = 480
const SEGMENT_BYTES = 128 * 1024 * 1024
const COMPACTED_MS_MAX = 300_000

/** Runs of the producer before the pass, and as many after it. */
const QUIET_RUNS = 3

/**
 * Passes of compaction over `megabytes` with so many keys, while a producer writes at a steady rate to another topic: runs of
 * the same length before a pass, one after the other for as long as it takes, and after it.
 */
export async function measureCompaction(
  megabytes: number,
  keys: number,
  load: RowLoad,
  rounds: number,
  times: DriveTimes,
): Promise<CompactionResult> {
  await using broker = await ServerProcess.broker({ config: { 'log.cleaner.backoff.ms': 50 } })
  const contestant: Contestant = { name: 'broker', host: broker.host, port: broker.port, pids: [broker.pid] }
  const rate: RowLoad = { ...load, kind: 'rate', depth: 1, recordsPerBatch: 1, requestsPerSecond: 1000 }
  const found = {
    speed: [] as number[],
    memory: [] as number[],
    ratio: [] as number[],
    p99: [] as number[],
    quietP99: [] as number[],
  }
  const p99 = async () => (await drive(contestant, rate, times)).p99
  for (let round = 0; round < rounds; round++) {
    const topic = `${TOPIC}-${round}`
    const client = await ControlClient.connect(broker.host, broker.port)
    const bytes = await fill(client, topic, megabytes, keys)
    const quiet: number[] = []
    const beside: number[] = []
    for (let run = 0; run < QUIET_RUNS; run++) quiet.push(await p99())
    const before = memoryMegabytesOf(broker.pid, 'VmRSS')
    resetPeakMemory(broker.pid)
    await setConfigs(client, topic, { 'min.compaction.lag.ms': 0 })
    const from = performance.now()
    let seconds = 0
    const done = compacted(join(broker.directory, 'data', 'cleaner-offset-checkpoint'), topic).then(() => {
      seconds = (performance.now() - from) / 1000
    })
    do beside.push(await p99())
    while (seconds === 0)
    // The last one went on beyond the pass.
    if (beside.length > 1) beside.pop()
    await done
    found.speed.push(bytes / 1e6 / seconds)
    found.memory.push(memoryMegabytesOf(broker.pid, 'VmHWM') - before)
    for (let run = 0; run < QUIET_RUNS; run++) quiet.push(await p99())
    found.ratio.push(spreadOf(beside).median / spreadOf(quiet).median)
    found.p99.push(...beside)
    found.quietP99.push(...quiet)
    await client.deleteTopic(topic)
    client.close()
  }
  return {
    megabytes,
    keys,
    megabytesPerSecond: spreadOf(found.speed),
    memoryMegabytes: spreadOf(found.memory),
    p99Ratio: spreadOf(found.ratio),
    p99: spreadOf(found.p99),
    quietP99: spreadOf(found.quietP99),
  }
}

/** Makes a compacted topic that is not compacted yet. Returns its bytes. */
async function fill(client: ControlClient, topic: string, megabytes: number, keys: number): Promise<number> {
  await client.createTopic(topic, 1, {
    'cleanup.policy': 'compact',
    'segment.bytes': String(SEGMENT_BYTES),
    'min.compaction.lag.ms': String(COMPACTED_MS_MAX * 100),
  })
  const value = Buffer.alloc(VALUE_BYTES, 'v')
  let bytes = 0
  for (let count = 0; bytes < megabytes * 1e6; ) {
    const timestamp = Date.now()
    // Each key comes again after as many others, in an order of its own.
    const records = Array.from({ length: RECORDS_PER_BATCH }, () => ({
      key: `customer-${(count++ * 7919) % keys}`,
      value,
      timestamp,
    }))
    const batch = encodeBatch({ records })
    await client.produce(topic, 0, sliceOf(batch))
    bytes += batch.length
  }
  return bytes
}

/** Waits until the broker has noted how far it compacted the topic. */
async function compacted(checkpoint: string, topic: string): Promise<void> {
  for (const until = performance.now() + COMPACTED_MS_MAX; ; await pause(10)) {
    if (existsSync(checkpoint) && readFileSync(checkpoint, 'utf8').includes(`\n${topic} 0 `)) return
    if (performance.now() > until) throw new LoadError(`${topic} is not compacted after ${COMPACTED_MS_MAX / 1000} s`)
  }
}
