import { type DriveTimes, drive } from './drive.ts'
import { ControlClient, pause } from './load/control-client.ts'
import { LoadError } from './load/load.ts'
import { encodeLoadBatch } from './load/load-batch.ts'
import type { RowLoad } from './rows.ts'
import { ServerProcess } from './server-process.ts'
import { type Spread, spreadOf } from './spread.ts'

export interface RecoveryResult {
  readonly gigabytes: number
  readonly partitions: number
  /** From the start of the process after a `kill -9` to `Listening`, and to the last record of every partition fetched. */
  readonly listeningMs: Spread
  readonly fetchedMs: Spread
  /** What that start had to read and check. */
  readonly readMegabytes: Spread
  /** The same start after a clean stop. */
  readonly cleanListeningMs: number
}

const TOPIC = 'odradek-bench-killed'
/** The broker is killed this long after a producer began. */
const LOADED_MS = 1500

/**
 * How long a broker with much in its log takes to serve again after a `kill -9` under load. The system keeps what the broker had
 * written: this times the start, and says nothing about what a power failure leaves.
 */
export async function measureRecovery(
  gigabytes: number,
  partitions: number,
  load: RowLoad,
  rounds: number,
  times: DriveTimes,
): Promise<RecoveryResult> {
  let readBytes = -1
  const logLine = (line: string) => {
    const found = /"readBytes":(\d+).*All logs were checked/.exec(line)
    if (found !== null) readBytes = Number(found[1])
  }
  await using broker = await ServerProcess.broker({ logLine })
  const producer: RowLoad = { ...load, partitions }
  await fill(broker, gigabytes, partitions)
  const found = { listening: [] as number[], fetched: [] as number[], read: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    const { host, port, pid } = broker
    const driven = drive({ name: 'broker', host, port, pids: [pid] }, producer, { ...times, seconds: 60 }, TOPIC)
    const isOver = driven.then(
      () => true,
      () => true,
    )
    await pause(LOADED_MS)
    await broker.stop('SIGKILL')
    await isOver
    readBytes = -1
    const from = performance.now()
    await broker.start()
    found.listening.push(broker.startMs)
    await fetchLast(broker, partitions)
    found.fetched.push(performance.now() - from)
    if (readBytes < 0) throw new LoadError('The broker did not say what it checked after it was killed')
    found.read.push(readBytes / 1e6)
  }
  await broker.stop()
  await broker.start()
  return {
    gigabytes,
    partitions,
    listeningMs: spreadOf(found.listening),
    fetchedMs: spreadOf(found.fetched),
    readMegabytes: spreadOf(found.read),
    cleanListeningMs: broker.startMs,
  }
}

/** Makes the topic, and writes so much to it. */
async function fill({ host, port }: ServerProcess, gigabytes: number, partitions: number): Promise<void> {
  const client = await ControlClient.connect(host, port)
  await client.createTopic(TOPIC, partitions)
  const batch = encodeLoadBatch(1000, 1024, 1)
  const bytes = batch.end - batch.start
  for (let count = 0; count * bytes < gigabytes * 1e9; count++) await client.produce(TOPIC, count % partitions, batch)
  client.close()
}

async function fetchLast({ host, port }: ServerProcess, partitions: number): Promise<void> {
  const client = await ControlClient.connect(host, port)
  const ends = await client.endOffsets(TOPIC, partitions)
  for (const [partition, end] of ends.entries()) await client.fetch(TOPIC, partition, end - 1, 1024 * 1024)
  client.close()
}
