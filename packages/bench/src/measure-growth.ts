import { readdirSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import type { Contestant } from './contestant.ts'
import { type DriveTimes, drive } from './drive.ts'
import { ControlClient } from './load/control-client.ts'
import { encodeLoadBatch } from './load/load-batch.ts'
import type { RowLoad } from './rows.ts'
import { ServerProcess } from './server-process.ts'
import { setConfigs } from './set-configs.ts'
import { type Spread, spreadOf } from './spread.ts'

export interface GrowthResult {
  readonly gigabytes: number
  /** To the long log over to an empty one, round by round. */
  readonly produceRatio: Spread
  readonly cpuRatio: Spread
  /** From the start of the process to `Listening`, with that log, after a clean stop. */
  readonly restartMs: number
}

const TOPIC = 'odradek-bench-long'
const SEGMENT_BYTES = 1e9
/** Segments are begun at this size, so that many of them are made quickly, and then stretched. */
const SMALL_SEGMENT_BYTES = 64 * 1024

/**
 * Whether a log's length costs anything: produces to one of `gigabytes` and to an empty one. The long log has as many
 * segments as a real one, of the right sizes; all but their beginnings are holes in sparse files.
 */
export async function measureGrowth(
  gigabytes: number,
  load: RowLoad,
  rounds: number,
  times: DriveTimes,
): Promise<GrowthResult> {
  await using broker = await ServerProcess.broker()
  const client = await ControlClient.connect(broker.host, broker.port)
  await client.createTopic(TOPIC, load.partitions, { 'segment.bytes': String(SMALL_SEGMENT_BYTES) })
  const batch = encodeLoadBatch(48, 1024, 1)
  // Two of these do not fit into one segment.
  for (let count = 0; count <= gigabytes; count++) await client.produce(TOPIC, 0, batch)
  await setConfigs(client, TOPIC, { 'segment.bytes': 1024 ** 3 })
  client.close()
  await broker.stop()
  stretchSegments(join(broker.directory, 'data', `${TOPIC}-0`), gigabytes)
  await broker.start()
  const restartMs = broker.startMs

  const contestant: Contestant = { name: 'broker', host: broker.host, port: broker.port, pids: [broker.pid] }
  const produce: number[] = []
  const cpu: number[] = []
  for (let round = 0; round < rounds; round++) {
    const long = await drive(contestant, load, times, TOPIC)
    const empty = await drive(contestant, load, times)
    produce.push(long.megabytesPerSecond / empty.megabytesPerSecond)
    cpu.push(long.serverCpuSecondsPerGigabyte / empty.serverCpuSecondsPerGigabyte)
  }
  return { gigabytes, produceRatio: spreadOf(produce), cpuRatio: spreadOf(cpu), restartMs }
}

/** Makes every segment but the last as long as `SEGMENT_BYTES`; what is added takes no space. */
function stretchSegments(directory: string, gigabytes: number): void {
  const segments = readdirSync(directory)
    .filter((name) => name.endsWith('.log'))
    .sort()
  if (segments.length <= gigabytes)
    throw new Error(`${directory} has ${segments.length} segments, not ${gigabytes} and one`)
  for (const name of segments.slice(0, -1)) truncateSync(join(directory, name), SEGMENT_BYTES)
}
