import { encodeBatch, sliceOf } from '@odradek/protocol'
import type { Contestant } from '../contestant.ts'
import { type DriveTimes, drive } from '../drive.ts'
import { ControlClient, pause } from '../load/control-client.ts'
import { memoryMegabytesOf } from '../process-usage.ts'
import type { RowLoad } from '../rows.ts'
import { ServerProcess } from '../server-process.ts'
import { type Spread, spreadOf } from '../spread.ts'
import { RECORDS_PER_BATCH, timedBatches, VALUE_BYTES } from './timed-batches.ts'
import { createTimedTopic, sendBatches, shown } from './timed-topic.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
const TOPIC = 'waiting'
/** Different batches that are sent in turn. */
const TEMPLATES = 64
/** Memory that a broker takes for traffic as such is not counted: it gets so much of it before. */
const WARM_MEGABYTES = 500
const SETTLE_MS = 3_000

export interface WaitingResult {
  readonly waiting: number
  /** Resident memory before, and with them. */
  readonly beforeMegabytes: number
  readonly residentMegabytes: number
  readonly bytesPerRecord: number
  /** From the start of the process to the first delivery, with them; resident memory then. */
  readonly restartMs: number
  readonly restartedMegabytes: number
  /** Ordinary produce over that of a broker without them, round by round. */
  readonly produceRatio: Spread
  readonly produceP99Ratio: Spread
}

/** Records of 1 KiB that wait, spread over a day, and what they cost. */
export async function measureWaiting(
  waiting: number,
  produce: RowLoad,
  rounds: number,
  times: DriveTimes,
): Promise<WaitingResult> {
  await using broker = await ServerProcess.broker()
  await using other = await ServerProcess.broker()
  await warm(broker)
  await pause(SETTLE_MS)
  const beforeMegabytes = memoryMegabytesOf(broker.pid, 'VmRSS')
  await createTimedTopic(broker, TOPIC)
  const templates = timedBatches(TEMPLATES * RECORDS_PER_BATCH, 'TIMER_DELAY_MS', () =>
    Math.floor(HOUR_MS + Math.random() * DAY_MS),
  )
  const batches = Math.ceil(waiting / RECORDS_PER_BATCH)
  await sendBatches(broker, TOPIC, batches, (index) => templates[index % TEMPLATES]!)
  await pause(SETTLE_MS)
  const residentMegabytes = memoryMegabytesOf(broker.pid, 'VmRSS')

  const contestants = [broker, other].map(({ host, port, pid }): Contestant => {
    return { name: 'broker', host, port, pids: [pid] }
  })
  const speeds: number[] = []
  const p99s: number[] = []
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? [0, 1] : [1, 0]
    const figures = []
    for (const at of order) figures[at] = await drive(contestants[at]!, produce, times)
    speeds.push(figures[0]!.megabytesPerSecond / figures[1]!.megabytesPerSecond)
    p99s.push(figures[0]!.p99 / figures[1]!.p99)
  }

  await broker.stop()
  const begun = performance.now()
  await broker.start()
  const client = await ControlClient.connect(broker.host, broker.port)
  await client.produce(TOPIC, 0, sliceOf(encodeBatch({ records: [{ value: Buffer.alloc(VALUE_BYTES) }] })))
  await shown(client, TOPIC, 2, 5)
  const restartMs = performance.now() - begun
  client.close()
  await pause(SETTLE_MS)
  return {
    waiting: batches * RECORDS_PER_BATCH,
    beforeMegabytes,
    residentMegabytes,
    bytesPerRecord: ((residentMegabytes - beforeMegabytes) * 1e6) / (batches * RECORDS_PER_BATCH),
    restartMs,
    restartedMegabytes: memoryMegabytesOf(broker.pid, 'VmRSS'),
    produceRatio: spreadOf(speeds),
    produceP99Ratio: spreadOf(p99s),
  }
}

async function warm(broker: ServerProcess): Promise<void> {
  const client = await ControlClient.connect(broker.host, broker.port)
  await client.createTopic('warm', 1)
  client.close()
  const [batch] = timedBatches(RECORDS_PER_BATCH, 'TIMER_DELAY_MS', () => 0)
  await sendBatches(broker, 'warm', (WARM_MEGABYTES * 1e6) / batch!.length, () => batch!)
}
