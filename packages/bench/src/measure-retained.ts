import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeBatch, ListOffsets, sliceOf } from '@odradek/protocol'
import type { Contestant } from './contestant.ts'
import { type DriveTimes, drive } from './drive.ts'
import { ControlClient } from './load/control-client.ts'
import { LoadError } from './load/load.ts'
import { memoryMegabytesOf } from './process-usage.ts'
import type { RowLoad } from './rows.ts'
import { ServerProcess } from './server-process.ts'

export interface RetainedResult {
  readonly gigabytes: number
  /** Of the broker once all of the log was read, and of one whose log has a hundredth; then under load. */
  readonly memoryMegabytes: number
  readonly shortMemoryMegabytes: number
}

const TOPIC = 'odradek-bench-retained'
/** What a segment of 1 GiB has of batches of 16 KiB, each of them with an entry in the indexes. */
const BATCHES = 65_536
const BASE_TIME = 1_700_000_000_000

/**
 * The memory of a broker with `gigabytes` of retained log, every segment of which is read at an offset and by a time, against
 * that of one with a single gigabyte. The segments have as many batches and as large indexes as those of a gigabyte, but the
 * batches are small: what is in memory for the log's sake is the same, and the disk need not have that room.
 */
export async function measureRetained(gigabytes: number, load: RowLoad, times: DriveTimes): Promise<RetainedResult> {
  return {
    gigabytes,
    memoryMegabytes: await memoryWith(gigabytes, load, times),
    shortMemoryMegabytes: await memoryWith(1, load, times),
  }
}

async function memoryWith(segments: number, load: RowLoad, times: DriveTimes): Promise<number> {
  await using broker = await ServerProcess.broker()
  const first = await ControlClient.connect(broker.host, broker.port)
  await first.createTopic(TOPIC, 1, { 'segment.bytes': String(1024 ** 3), 'index.interval.bytes': '1' })
  await first.produce(TOPIC, 0, sliceOf(batchAt(0)))
  first.close()
  await broker.stop()
  writeSegments(join(broker.directory, 'data', `${TOPIC}-0`), segments)
  await broker.start()
  const client = await ControlClient.connect(broker.host, broker.port)
  for (let segment = 0; segment < segments; segment++) {
    const offset = segment * BATCHES + BATCHES / 2
    const { buffer, start } = await client.fetch(TOPIC, 0, offset, 10_000)
    const found = Number(buffer.readBigInt64BE(start))
    if (found !== offset) throw new LoadError(`offset ${offset} was asked for, ${found} came`)
    const partitions = [{ partitionIndex: 0, timestamp: BASE_TIME + offset }]
    await client.send(ListOffsets, 7, { topics: [{ name: TOPIC, partitions }] })
  }
  client.close()
  const contestant: Contestant = { name: 'broker', host: broker.host, port: broker.port, pids: [broker.pid] }
  await drive(contestant, load, times)
  return memoryMegabytesOf(broker.pid, 'VmRSS')
}

function batchAt(offset: number): Buffer {
  const records = [{ value: 'v', timestamp: BASE_TIME + offset }]
  return encodeBatch({ baseOffset: offset, leaderEpoch: 0, records })
}

/** Puts so many segments in the place of a stopped log's, in Kafka's formats. */
function writeSegments(directory: string, segments: number): void {
  for (const name of readdirSync(directory)) if (/^\d{20}\./.test(name)) rmSync(join(directory, name))
  const batchBytes = batchAt(0).length
  // At an entry's offset the batch of the entry ends: each has one record. The first batch has no entry.
  const index = Buffer.alloc((BATCHES - 1) * 8)
  for (let at = 1; at < BATCHES; at++) {
    index.writeInt32BE(at, (at - 1) * 8)
    index.writeInt32BE(at * batchBytes, (at - 1) * 8 + 4)
  }
  for (let segment = 0; segment < segments; segment++) {
    const base = segment * BATCHES
    const log = Buffer.concat(Array.from({ length: BATCHES }, (_, at) => batchAt(base + at)))
    const times = Buffer.alloc((BATCHES - 1) * 12)
    for (let at = 1; at < BATCHES; at++) {
      times.writeBigInt64BE(BigInt(BASE_TIME + base + at), (at - 1) * 12)
      times.writeInt32BE(at, (at - 1) * 12 + 8)
    }
    const path = join(directory, String(base).padStart(20, '0'))
    writeFileSync(`${path}.log`, log)
    writeFileSync(`${path}.index`, index)
    writeFileSync(`${path}.timeindex`, times)
  }
}
