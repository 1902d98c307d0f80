import { BatchCursor, Fetch, RecordCursor } from '@odradek/protocol'
import { ControlClient, check, FETCH_VERSION } from '../load/control-client.ts'
import { Latencies } from '../load/latencies.ts'
import { LoadError } from '../load/load.ts'
import { ServerProcess } from '../server-process.ts'
import { timedBatches } from './timed-batches.ts'
import { sendAhead } from './timed-topic.ts'

const SECONDS = 5
const AHEAD = { marginMs: 1_000, leadMs: 2_000 }
const FETCH_BYTES = 1 << 20
const SILENCE_MS_MAX = 60_000
const DUE = Buffer.from('TIMER_DELIVER_MS')

/** Milliseconds from a record's due time to when a consumer has it that waits for it. */
export interface LatenessResult {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** Records of 1 KiB that become due at a steady rate, and how late they are. */
export async function measureLateness(rates: readonly number[]): Promise<LatenessResult[]> {
  await using broker = await ServerProcess.broker()
  const results: LatenessResult[] = []
  for (const perSecond of rates) results.push(await latenessAt(broker, perSecond))
  return results
}

async function latenessAt(broker: ServerProcess, perSecond: number): Promise<LatenessResult> {
  const total = perSecond * SECONDS
  const { topic } = await sendAhead(broker, `late-${perSecond}`, AHEAD, (fromMs) =>
    timedBatches(total, 'TIMER_DELIVER_MS', (index) => fromMs + Math.floor((index * 1000) / perSecond)),
  )
  const client = await ControlClient.connect(broker.host, broker.port)
  const latencies = new Latencies()
  const cursor = new RecordCursor()
  let lastAt = performance.now()
  // The first one is not of these.
  for (let offset = 1; offset < total + 1; ) {
    const { errorCode, responses } = await client.send(Fetch, FETCH_VERSION, {
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: FETCH_BYTES,
      topics: [{ topic, partitions: [{ partition: 0, fetchOffset: offset, partitionMaxBytes: FETCH_BYTES }] }],
    })
    const now = Date.now()
    const found = responses[0]!.partitions[0]!
    check(`Fetch ${topic}`, errorCode || found.errorCode)
    const before = offset
    const batches = found.records === null ? null : new BatchCursor(found.records)
    while (batches?.next() === true) {
      cursor.open(batches.slice())
      while (cursor.next()) {
        if (cursor.offset >= offset) latencies.add(now - Number(cursor.lastHeader(DUE)?.toString()))
      }
      offset = batches.header.nextOffset
    }
    if (offset > before) lastAt = performance.now()
    else if (performance.now() - lastAt > SILENCE_MS_MAX)
      throw new LoadError(`${topic} shows ${offset - 1} of ${total} records, and nothing new for a minute`)
  }
  client.close()
  if (latencies.count !== total) throw new LoadError(`${topic} has ${latencies.count} records, not ${total}`)
  return { perSecond, p50: latencies.quantile(0.5), p99: latencies.quantile(0.99), max: latencies.max }
}
