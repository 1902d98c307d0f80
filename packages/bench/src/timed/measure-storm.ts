import { encodeBatch, sliceOf } from '@odradek/protocol'
import { ControlClient, pause } from '../load/control-client.ts'
import { Latencies } from '../load/latencies.ts'
import { ServerProcess } from '../server-process.ts'
import { type Spread, spreadOf } from '../spread.ts'
import { touchMemory } from '../touch-memory.ts'
import { timedBatches, VALUE_BYTES } from './timed-batches.ts'
import { sendAhead, shown } from './timed-topic.ts'

const QUIET_MS = 3_000
const AHEAD = { marginMs: QUIET_MS + 500, leadMs: 4_000 }
/** How often it is looked how much is there: seldom, as whoever asks is in the way of the requests that are timed. */
const LOOK_MS = 50
const BESIDE = 'beside'

export interface StormResult {
  readonly records: number
  /** From when the first were due until all were to be seen. */
  readonly recordsPerSecond: Spread
  /** The same with nobody beside. */
  readonly alonePerSecond: Spread
  /** Of single produce requests of 1 KiB to an ordinary topic, one after the other, before and during it: p99 in milliseconds. */
  readonly quietP99: Spread
  readonly stormP99: Spread
  /** The second over the first, round by round. */
  readonly factor: Spread
}

/** Records of 1 KiB that are due at any time within one second, and what somebody else notices of it. */
export async function measureStorm(records: number, rounds: number, touchGibibytes = 0): Promise<StormResult> {
  await using broker = await ServerProcess.broker()
  const control = await ControlClient.connect(broker.host, broker.port)
  await control.createTopic(BESIDE, 1)
  control.close()
  const found: { perSecond: number; quiet: number; storm: number }[] = []
  const alone: number[] = []
  for (let round = 0; round < rounds; round++) {
    touchMemory(touchGibibytes)
    const { topic, fromMs } = await sendStorm(broker, `storm-${round}`, records)
    const client = await ControlClient.connect(broker.host, broker.port)
    await pause(Math.max(0, fromMs - QUIET_MS - Date.now()))
    const quiet = singleRequests(broker, () => Date.now() >= fromMs - 100)
    // Looks as often as later, so that it makes no difference.
    while (Date.now() < fromMs - 200) {
      await client.endOffsets(topic, 1)
      await pause(LOOK_MS)
    }
    const quietP99 = await quiet
    await pause(Math.max(0, fromMs - Date.now()))
    let isDrained = false
    const storm = singleRequests(broker, () => isDrained)
    const perSecond = await drainRate(client, topic, records, fromMs)
    isDrained = true
    found.push({ perSecond, quiet: quietP99, storm: await storm })
    const next = await sendStorm(broker, `alone-${round}`, records)
    await pause(Math.max(0, next.fromMs - Date.now()))
    alone.push(await drainRate(client, next.topic, records, next.fromMs))
    client.close()
  }
  return {
    records,
    recordsPerSecond: spreadOf(found.map(({ perSecond }) => perSecond)),
    alonePerSecond: spreadOf(alone),
    quietP99: spreadOf(found.map(({ quiet }) => quiet)),
    stormP99: spreadOf(found.map(({ storm }) => storm)),
    factor: spreadOf(found.map(({ quiet, storm }) => storm / quiet)),
  }
}

function sendStorm(broker: ServerProcess, topic: string, records: number) {
  return sendAhead(broker, topic, AHEAD, (from) =>
    timedBatches(records, 'TIMER_DELIVER_MS', () => from + Math.floor(Math.random() * 1000)),
  )
}

/** Waits until all records are to be seen, the first of which was due at `fromMs`; records a second. */
async function drainRate(client: ControlClient, topic: string, records: number, fromMs: number): Promise<number> {
  await shown(client, topic, records + 1, LOOK_MS)
  return (records * 1000) / (Date.now() - fromMs)
}

/** p99 of requests with one record each, one after the other, until `isOver`. */
async function singleRequests(broker: ServerProcess, isOver: () => boolean): Promise<number> {
  const client = await ControlClient.connect(broker.host, broker.port)
  const batch = encodeBatch({ records: [{ value: Buffer.alloc(VALUE_BYTES, 'v') }] })
  const latencies = new Latencies()
  while (!isOver()) {
    const from = performance.now()
    await client.produce(BESIDE, 0, sliceOf(Buffer.from(batch)))
    latencies.add(performance.now() - from)
  }
  client.close()
  return latencies.quantile(0.99)
}
