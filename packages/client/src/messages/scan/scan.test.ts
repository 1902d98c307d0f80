import { deepEqual, equal, ok } from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Broker, startBroker } from '@odradek/broker'
import { CreateTopics, DeleteRecords, encodeBatch, Produce, type RecordInput, sliceOf } from '@odradek/protocol'
import type { MessageRow } from '../message-row.ts'
import { MessageSource } from './message-source.ts'
import { scan } from './scan.ts'
import type { ScanProgress, ScanRequest } from './scan-request.ts'

let broker: Broker
let source: MessageSource
before(async () => {
  broker = await startBroker()
  source = new MessageSource({ bootstrap: [broker.address] })
})
after(async () => {
  await source.close()
  await broker.close()
})

async function createTopic(name: string, numPartitions: number): Promise<void> {
  const { topics } = await source.cluster.request(CreateTopics, {
    topics: [{ name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }],
    timeoutMs: 10_000,
    validateOnly: false,
  })
  equal(topics[0]?.errorCode, 0)
}

function produce(topic: string, index: number, batch: Buffer): Promise<void> {
  return produceTo(source, topic, index, batch)
}

async function produceTo(to: MessageSource, topic: string, index: number, batch: Buffer): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const { responses } = await to.cluster.request(
      Produce,
      {
        acks: -1,
        timeoutMs: 10_000,
        topicData: [{ name: topic, partitionData: [{ index, records: sliceOf(batch) }] }],
      },
      'any',
      { atMost: 11 },
    )
    const code = responses[0]?.partitionResponses[0]?.errorCode
    if (code === 0) return
    ok(attempt < 50 && code !== undefined && [3, 5, 6].includes(code), `Produce answered ${code}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const T0 = 1_700_000_000_000

/** `count` JSON records per partition in batches of 10; the timestamps go round the partitions. */
async function fill(topic: string, partitions: number, count: number): Promise<void> {
  await createTopic(topic, partitions)
  for (let partition = 0; partition < partitions; partition++) {
    for (let first = 0; first < count; first += 10) {
      const records = Array.from({ length: Math.min(10, count - first) }, (_, index): RecordInput => {
        const n = first + index
        return {
          key: `k${n}`,
          value: JSON.stringify({ n, partition, country: n % 3 === 0 ? 'DE' : 'FR' }),
          timestamp: T0 + n * partitions + partition,
        }
      })
      await produce(topic, partition, encodeBatch({ records, codec: partition % 2 === 0 ? 'none' : 'gzip' }))
    }
  }
}

async function run(request: Partial<ScanRequest> & { topic: string }, signal = new AbortController().signal) {
  const rows: MessageRow[] = []
  const reports: ScanProgress[] = []
  const last = await scan(
    source,
    {
      from: { kind: 'newest' },
      to: { kind: 'now' },
      filter: {},
      decoders: { key: 'auto', value: 'auto' },
      readCommitted: true,
      limit: 50,
      ...request,
    },
    { rows: (found) => void rows.push(...found), progress: (progress) => void reports.push(progress) },
    signal,
  )
  return { rows, last, reports }
}

const place = ({ partition, offset }: MessageRow) => `${partition}@${offset}`

describe('a scan', () => {
  before(() => fill('orders', 3, 200))

  test('of the newest merges the partitions by time, and can be continued to the first message', async () => {
    const seen: string[] = []
    let resume: string | undefined
    let previous = Number.POSITIVE_INFINITY
    for (;;) {
      const { rows, last } = await run({ topic: 'orders', limit: 70, ...(resume !== undefined && { resume }) })
      for (const row of rows) {
        ok(row.timestamp < previous, `${row.timestamp} comes after ${previous}`)
        previous = row.timestamp
        seen.push(place(row))
      }
      if (last.resume === null) {
        equal(last.end, 'end')
        break
      }
      equal(last.end, 'limit')
      equal(rows.length, 70)
      resume = last.resume
    }
    equal(seen.length, 600)
    equal(new Set(seen).size, 600)
  })

  test('forward stops at its limit and is continued without a gap or a repetition', async () => {
    const seen: string[] = []
    let resume: string | undefined
    let total = 0
    for (;;) {
      const { rows, last } = await run({
        topic: 'orders',
        from: { kind: 'earliest' },
        limit: 97,
        ...(resume !== undefined && { resume }),
      })
      seen.push(...rows.map(place))
      total = last.offsetsTotal
      if (last.resume === null) {
        equal(last.offsetsRead, 600)
        break
      }
      resume = last.resume
    }
    equal(total, 600)
    equal(seen.length, 600)
    equal(new Set(seen).size, 600)
  })

  test('keeps to offsets, times and partitions', async () => {
    const byOffset = await run({
      topic: 'orders',
      partitions: [1],
      from: { kind: 'offset', offset: 15 },
      to: { kind: 'offset', offset: 25 },
    })
    deepEqual(
      byOffset.rows.map(({ offset }) => offset),
      [15, 16, 17, 18, 19, 20, 21, 22, 23, 24],
    )
    const byTime = await run({
      topic: 'orders',
      from: { kind: 'time', timestamp: T0 + 30 },
      to: { kind: 'time', timestamp: T0 + 60 },
    })
    deepEqual(
      byTime.rows.map(({ timestamp }) => timestamp - T0).sort((one, other) => one - other),
      Array.from({ length: 30 }, (_, index) => 30 + index),
    )
  })

  test('filters by text and by CEL over the fields it names', async () => {
    const byText = await run({ topic: 'orders', filter: { contains: '"n":123,' } })
    deepEqual(byText.rows.map(place).sort(), ['0@123', '1@123', '2@123'])
    const byCel = await run({
      topic: 'orders',
      filter: { cel: 'value.country == "DE" && value.n > 190 && partition != 2 && key.startsWith("k")' },
    })
    deepEqual(byCel.rows.map(place).sort(), ['0@192', '0@195', '0@198', '1@192', '1@195', '1@198'])
    equal(byCel.last.end, 'end')
    equal(byCel.last.scanned, 600)
  })

  test('counts what a filter cannot decide, and says why', async () => {
    const { last } = await run({ topic: 'orders', filter: { cel: 'value.price > 1' } })
    equal(last.undecided, 600)
    equal(last.matched, 0)
    equal(last.undecidedReason, 'field not found: price')
  })

  test('that is stopped keeps what came and can be continued', async () => {
    const stop = new AbortController()
    stop.abort()
    const { last } = await run({ topic: 'orders', from: { kind: 'earliest' } }, stop.signal)
    equal(last.end, 'stopped')
    ok(last.resume)
    const { rows } = await run({ topic: 'orders', from: { kind: 'earliest' }, limit: 1_000, resume: last.resume })
    equal(rows.length, 600)
  })
})

test('a cluster that goes away under a scan is told from one that refuses, and the scan can be continued', async () => {
  const lonely = await startBroker()
  const own = new MessageSource({ bootstrap: [lonely.address], requestTimeoutMs: 2_000 })
  try {
    await own.cluster.request(CreateTopics, {
      topics: [{ name: 'away', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
      timeoutMs: 10_000,
      validateOnly: false,
    })
    // More than one Fetch brings: the next one is under way when the first is looked at, and one more is not.
    const batch = encodeBatch({ records: [{ value: 'x'.repeat(900_000), timestamp: T0 }] })
    for (let n = 0; n < 4; n++) await produceTo(own, 'away', 0, batch)
    const reports: ScanProgress[] = []
    const last = await scan(
      own,
      {
        topic: 'away',
        from: { kind: 'earliest' },
        to: { kind: 'now' },
        filter: {},
        decoders: { key: 'auto', value: 'auto' },
        readCommitted: true,
        limit: 50,
      },
      { rows: () => lonely.close(), progress: (progress) => void reports.push(progress) },
      new AbortController().signal,
    )
    equal(last.end, 'failed')
    equal(last.isAway, true, last.failure ?? '')
    ok(last.resume)
    ok(last.matched >= 1 && last.matched < 4, `${last.matched} were found`)
    ok(reports.slice(0, -1).every(({ isAway }) => !isAway))
  } finally {
    await own.close()
    await lonely.close()
  }
})

test('null and empty are told apart; what is deleted does not count', async () => {
  await createTopic('ledger', 1)
  await produce(
    'ledger',
    0,
    encodeBatch({
      records: [
        { value: 'before', timestamp: T0 },
        { value: 'more', timestamp: T0 },
      ],
    }),
  )
  await produce(
    'ledger',
    0,
    encodeBatch({
      records: [
        { value: 'after', timestamp: T0 },
        { value: null, key: 'k', timestamp: T0 },
        { value: '', timestamp: T0 },
      ],
    }),
  )
  const { topics } = await source.cluster.request(DeleteRecords, {
    topics: [{ name: 'ledger', partitions: [{ partitionIndex: 0, offset: 1 }] }],
    timeoutMs: 5_000,
  })
  equal(topics[0]?.partitions[0]?.errorCode, 0)
  const { rows, last } = await run({ topic: 'ledger', from: { kind: 'earliest' } })
  deepEqual(
    rows.map(({ offset, key, value }) => [offset, key.kind, value.kind, value.text]),
    [
      [1, 'null', 'text', 'more'],
      [2, 'null', 'text', 'after'],
      [3, 'text', 'null', ''],
      [4, 'null', 'empty', ''],
    ],
  )
  equal(last.offsetsTotal, 4)
})
