import { encodeBatch, RecordCursor, type RecordInput, sliceOf } from '@odradek/protocol'
import { ControlClient, pause } from './load/control-client.ts'
import { Latencies } from './load/latencies.ts'
import { LoadError } from './load/load.ts'
import { memoryMegabytesOf } from './process-usage.ts'
import { ServerProcess } from './server-process.ts'
import { type Spread, spreadOf } from './spread.ts'

export interface LatenessResult {
  readonly perSecond: number
  /** Milliseconds from a record's due time to its delivery, as its timestamp tells. */
  readonly p50: number
  readonly p99: number
  readonly max: number
}

export interface DelayedResult {
  /** MB/s of record values that are accepted to wait, over the same client's into an ordinary topic, round by round. */
  readonly acceptRatio: Spread
  readonly acceptMegabytesPerSecond: Spread
  readonly waiting: number
  /** Resident memory with them over that before, and the time from the start of the process to the first delivery then. */
  readonly waitingMegabytes: number
  readonly restartMs: number
  readonly lateness: readonly LatenessResult[]
  readonly stormRecords: number
  readonly stormRecordsPerSecond: number
  /** Of single produce requests to an ordinary topic, before and while the storm drains. */
  readonly quietP99: number
  readonly stormP99: number
}

const VALUE = Buffer.alloc(1024, 'v')
const RECORDS_PER_BATCH = 64
const CONNECTIONS = 4
const WAITING_SPREAD_MS = 86_400_000
const HOUR_MS = 3_600_000
const LATENESS_SECONDS = 5
const LEAD_MS = 8_000
const FETCH_BYTES = 1 << 20
const DUE = Buffer.from('TIMER_DELIVER_MS')
const TIMED = { 'message.type': 'DELAY' }

/** Timed messages of 1 KiB: accepting, waiting, delivering at a rate, and a storm of them due in one second. */
export async function measureDelayed(
  rounds: number,
  seconds: number,
  waiting: number,
  storm: number,
): Promise<DelayedResult> {
  await using broker = await ServerProcess.broker()
  const accepted = await measureAccept(broker, rounds, seconds)
  const lateness: LatenessResult[] = []
  for (const perSecond of [1_000, 10_000]) lateness.push(await measureLateness(broker, perSecond))
  const drained = await measureStorm(broker, storm)
  await using fresh = await ServerProcess.broker()
  return { ...accepted, ...(await measureWaiting(fresh, waiting)), lateness, ...drained }
}

async function measureAccept(broker: ServerProcess, rounds: number, seconds: number) {
  const client = await ControlClient.connect(broker.host, broker.port)
  await client.createTopic('ordinary', 1)
  await client.createTopic('accepted', 1, TIMED)
  client.close()
  const ordinary = batchOf(() => null)
  const timed = batchOf(() => Date.now() + HOUR_MS + Math.floor(Math.random() * WAITING_SPREAD_MS))
  const ratios: number[] = []
  const speeds: number[] = []
  for (let round = 0; round < rounds; round++) {
    const plain = await produceFor(broker, 'ordinary', ordinary, seconds)
    const waits = await produceFor(broker, 'accepted', timed, seconds)
    ratios.push(waits / plain)
    speeds.push(waits)
  }
  return { acceptRatio: spreadOf(ratios), acceptMegabytesPerSecond: spreadOf(speeds) }
}

/** MB/s of values over some connections, one request at a time on each. */
async function produceFor(broker: ServerProcess, topic: string, batch: Buffer, seconds: number): Promise<number> {
  const clients = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => ControlClient.connect(broker.host, broker.port)),
  )
  const from = performance.now()
  let batches = 0
  await Promise.all(
    clients.map(async (client) => {
      for (; performance.now() - from < seconds * 1000; batches++)
        await client.produce(topic, 0, sliceOf(Buffer.from(batch)))
      client.close()
    }),
  )
  return (batches * RECORDS_PER_BATCH * VALUE.length) / 1e3 / (performance.now() - from)
}

async function measureWaiting(broker: ServerProcess, waiting: number) {
  const client = await ControlClient.connect(broker.host, broker.port)
  await client.createTopic('waiting', 1, TIMED)
  const before = memoryMegabytesOf(broker.pid, 'VmRSS')
  const from = Date.now() + HOUR_MS
  for (let count = 0; count < waiting; count += RECORDS_PER_BATCH) {
    const batch = batchOf(() => from + Math.floor(Math.random() * WAITING_SPREAD_MS))
    await client.produce('waiting', 0, sliceOf(batch))
  }
  await pause(1000)
  const waitingMegabytes = memoryMegabytesOf(broker.pid, 'VmRSS') - before
  client.close()
  await broker.stop()
  const begun = performance.now()
  await broker.start()
  const again = await ControlClient.connect(broker.host, broker.port)
  await again.produce('waiting', 0, sliceOf(encodeBatch({ records: [{ value: VALUE }] })))
  await shown(again, 'waiting', 1)
  const restartMs = performance.now() - begun
  again.close()
  return { waiting, waitingMegabytes, restartMs }
}

async function measureLateness(broker: ServerProcess, perSecond: number): Promise<LatenessResult> {
  const topic = `late-${perSecond}`
  const client = await ControlClient.connect(broker.host, broker.port)
  await client.createTopic(topic, 1, TIMED)
  const from = Date.now() + LEAD_MS
  const total = perSecond * LATENESS_SECONDS
  for (let count = 0; count < total; count += RECORDS_PER_BATCH) {
    await client.produce(topic, 0, sliceOf(batchOf((index) => from + Math.floor(((count + index) * 1000) / perSecond))))
  }
  if (Date.now() > from) throw new LoadError(`${total} records were not accepted within ${LEAD_MS} ms`)
  const end = Math.ceil(total / RECORDS_PER_BATCH) * RECORDS_PER_BATCH
  await shown(client, topic, end)
  const latencies = new Latencies()
  const cursor = new RecordCursor()
  for (let offset = 0; offset < end; ) {
    const batches = await client.batches(topic, 0, offset, FETCH_BYTES)
    while (batches.next()) {
      cursor.open(batches.slice())
      while (cursor.next()) {
        if (cursor.offset >= offset) latencies.add(cursor.timestamp - Number(cursor.lastHeader(DUE)?.toString()))
      }
      offset = batches.header.nextOffset
    }
  }
  client.close()
  return { perSecond, p50: latencies.quantile(0.5), p99: latencies.quantile(0.99), max: latencies.max }
}

async function measureStorm(broker: ServerProcess, stormRecords: number) {
  const client = await ControlClient.connect(broker.host, broker.port)
  await client.createTopic('storm', 1, TIMED)
  await client.createTopic('beside', 1)
  const from = Date.now() + LEAD_MS + 2_000
  for (let count = 0; count < stormRecords; count += RECORDS_PER_BATCH) {
    await client.produce('storm', 0, sliceOf(batchOf(() => from + Math.floor(Math.random() * 1000))))
  }
  if (Date.now() > from - 2_000) throw new LoadError(`${stormRecords} records were not accepted in time`)
  const quietP99 = await singleRequestsUntil(broker, from - 100)
  await pause(Math.max(0, from - Date.now()))
  let isDrained = false
  const beside = singleRequestsUntil(broker, Number.POSITIVE_INFINITY, () => isDrained)
  await shown(client, 'storm', Math.ceil(stormRecords / RECORDS_PER_BATCH) * RECORDS_PER_BATCH)
  const drainedMs = Date.now() - from
  isDrained = true
  const stormP99 = await beside
  client.close()
  return { stormRecords, stormRecordsPerSecond: (stormRecords * 1000) / drainedMs, quietP99, stormP99 }
}

/** p99 of requests with one record each, one after the other, until a time or `isOver`. */
async function singleRequestsUntil(broker: ServerProcess, endsAt: number, isOver = () => false): Promise<number> {
  const client = await ControlClient.connect(broker.host, broker.port)
  const batch = encodeBatch({ records: [{ value: VALUE }] })
  const latencies = new Latencies()
  while (Date.now() < endsAt && !isOver()) {
    const from = performance.now()
    await client.produce('beside', 0, sliceOf(Buffer.from(batch)))
    latencies.add(performance.now() - from)
  }
  client.close()
  return latencies.quantile(0.99)
}

/** Waits until a topic shows so many records. */
async function shown(client: ControlClient, topic: string, records: number): Promise<void> {
  for (const until = performance.now() + 120_000; ; await pause(5)) {
    const [end] = await client.endOffsets(topic, 1)
    if (end! >= records) return
    if (performance.now() > until) throw new LoadError(`${topic} shows ${end} of ${records} records`)
  }
}

/** A batch of records, each due when `dueOf` says; null for an ordinary one with a header of the same length. */
function batchOf(dueOf: (index: number) => number | null): Buffer {
  const timestamp = Date.now()
  const records = Array.from({ length: RECORDS_PER_BATCH }, (_, index): RecordInput => {
    const due = dueOf(index)
    const header =
      due === null ? { key: 'ORDINARY_HEADER_', value: String(timestamp) } : { key: DUE, value: String(due) }
    return { value: VALUE, headers: [header], timestamp }
  })
  return encodeBatch({ records })
}
