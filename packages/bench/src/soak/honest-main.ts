/**
 * The honest clients, a process of their own: `node honest-main.ts TARGET CLIENTS`. Each produces to its partition at a fixed
 * rate with acks=all, and fetches it on a second connection; every record must come, once and in order. The parent says
 * `next` when a phase ends and gets its figures; when it goes, they go.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { native } from '@odradek/native'
import { BatchCursor, encodeBatch, Fetch, Produce, RecordCursor, sliceOf } from '@odradek/protocol'
import { ControlClient, FETCH_VERSION, PRODUCE_VERSION } from '../load/control-client.ts'
import { Latencies } from '../load/latencies.ts'
import type { HonestFigures } from './honest-figures.ts'
import type { Target } from './target.ts'

const STEP_MS = 20
const RECORD_BYTES = 1024
const FETCH_WAIT_MS = 500
const FETCH_BYTES = 1024 * 1024

const target = JSON.parse(process.argv[2]!) as Target
let produced = new Latencies()
let delivered = new Latencies()

// How long its own collector keeps a client waiting is not the broker's fault.
native?.shortenSlice(100_000)
process.on('message', () => process.send!(figures()))
process.on('disconnect', () => process.exit(0))
process.send!('ready')
try {
  await Promise.all(Array.from({ length: Number(process.argv[3]) }, (_, partition) => run(partition)))
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exit(1)
}

function figures(): HonestFigures {
  const of = { produced, delivered }
  produced = new Latencies()
  delivered = new Latencies()
  return {
    requests: of.produced.count,
    produceP50: of.produced.quantile(0.5),
    produceP99: of.produced.quantile(0.99),
    produceMax: of.produced.max,
    records: of.delivered.count,
    deliverP50: of.delivered.quantile(0.5),
    deliverP99: of.delivered.quantile(0.99),
    deliverMax: of.delivered.max,
  }
}

async function run(partition: number): Promise<void> {
  /** By offset, until the record has come. */
  const sentAt = new Map<number, number>()
  await Promise.all([produce(partition, sentAt), consume(partition, sentAt)])
}

async function produce(partition: number, sentAt: Map<number, number>): Promise<void> {
  const client = await ControlClient.connect(target.host, target.port)
  const value = Buffer.alloc(RECORD_BYTES, 1)
  let due = performance.now() + (STEP_MS * partition) / 4
  for (let sequence = 0; ; sequence += 1) {
    due += STEP_MS
    const wait = due - performance.now()
    // Where the answer before was late it counts from when it was due; a timer that is late is nobody's fault.
    if (wait > 0) await sleep(wait)
    const from = wait > 0 ? performance.now() : due
    sentAt.set(sequence, from)
    const records = sliceOf(encodeBatch({ records: [{ value, timestamp: Date.now() }] }))
    const topicData = [{ name: target.honestTopic, partitionData: [{ index: partition, records }] }]
    const { responses } = await client.send(Produce, PRODUCE_VERSION, { acks: -1, timeoutMs: 30_000, topicData })
    const answer = responses[0]?.partitionResponses[0]
    if (answer?.errorCode !== 0) throw new Error(`An honest record was refused with error ${answer?.errorCode}`)
    if (answer.baseOffset !== sequence) throw new Error(`Honest record ${sequence} has offset ${answer.baseOffset}`)
    produced.add(performance.now() - from)
  }
}

async function consume(partition: number, sentAt: Map<number, number>): Promise<void> {
  const client = await ControlClient.connect(target.host, target.port)
  const cursor = new RecordCursor()
  for (let offset = 0; ; ) {
    const partitions = [{ partition, fetchOffset: offset, partitionMaxBytes: FETCH_BYTES }]
    const { responses } = await client.send(Fetch, FETCH_VERSION, {
      maxWaitMs: FETCH_WAIT_MS,
      minBytes: 1,
      maxBytes: FETCH_BYTES,
      topics: [{ topic: target.honestTopic, partitions }],
    })
    const found = responses[0]?.partitions[0]
    if (found?.errorCode !== 0) throw new Error(`An honest fetch failed with error ${found?.errorCode}`)
    if (!found.records) continue
    const now = performance.now()
    const batches = new BatchCursor(found.records)
    while (batches.next()) {
      cursor.open(batches.slice())
      while (cursor.next()) {
        const from = sentAt.get(cursor.offset)
        if (cursor.offset !== offset || from === undefined)
          throw new Error(`Record ${cursor.offset} came, not ${offset}`)
        delivered.add(now - from)
        sentAt.delete(offset)
        offset += 1
      }
    }
  }
}
