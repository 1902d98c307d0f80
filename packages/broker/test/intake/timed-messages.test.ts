/** Timed messages as a client sees them (`message.type=DELAY`). */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { CreatePartitions, CreateTopics, DeleteTopics, InitProducerId, Metadata } from '@odradek/protocol'
import { Subject } from '../protocol/subject.ts'
import { WireTopic } from '../protocol/wire-topic.ts'
import { batch, headerOf, readUntil, timed } from './timed-topic.ts'

const subject = await Subject.start()
const client = await subject.connect()
after(() => subject.close())

const DELAY = { configs: { 'message.type': 'DELAY' } }

test('a record appears at its time, as it was, and a batch is taken apart', async () => {
  const topic = await WireTopic.create(client, DELAY)
  const sent = Date.now()
  const born = sent - 5_000
  const answer = await topic.produce(
    batch([
      timed('late', 'TIMER_DELAY_MS', 300, born),
      timed('soon', 'TIMER_DELAY_MS', 100, born),
      { key: 'k', value: 'now', timestamp: born },
      timed('past', 'TIMER_DELIVER_MS', born, born),
    ]),
  )
  assert.deepEqual([answer.errorCode, answer.baseOffset, answer.logAppendTimeMs], [0, 0, -1])
  const records = await readUntil(topic, 4)
  assert.deepEqual(
    records.map(({ value, offset }) => [value, offset]),
    [
      ['past', 0],
      ['now', 1],
      ['soon', 2],
      ['late', 3],
    ],
  )
  for (const record of records) {
    assert.equal(headerOf(record, 'BORN_TIMESTAMP'), String(born))
    assert.ok(record.timestamp > born, 'the timestamp is that of the delivery')
  }
  assert.equal(records[3]!.key, 'key of late')
  assert.equal(headerOf(records[3]!, 'TIMER_DELAY_MS'), '300')
  const [, , soon, late] = records
  assert.ok(soon!.timestamp >= sent + 100 && late!.timestamp >= sent + 300)
})

test('what is due at the same time comes in the order of its acceptance', async () => {
  const topic = await WireTopic.create(client, DELAY)
  const due = Date.now() + 150
  for (let batchNumber = 0; batchNumber < 5; batchNumber++) {
    const records = [0, 1, 2].map((index) => timed(`${batchNumber}.${index}`, 'TIMER_DELIVER_MS', due))
    assert.equal((await topic.produce(batch(records))).errorCode, 0)
  }
  const records = await readUntil(topic, 15)
  assert.deepEqual(
    records.map(({ value }) => value),
    [0, 1, 2, 3, 4].flatMap((batchNumber) => [0, 1, 2].map((index) => `${batchNumber}.${index}`)),
  )
})

test('compressed batches are opened, and the codec is kept', async () => {
  const topic = await WireTopic.create(client, DELAY)
  for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const records = [timed(`${codec} 1`, 'TIMER_DELAY_MS', 10), timed(`${codec} 2`, 'TIMER_DELAY_MS', 5)]
    assert.equal((await topic.produce(batch(records, { codec }))).errorCode, 0)
    const read = (await readUntil(topic, 2 * (1 + ['gzip', 'snappy', 'lz4', 'zstd'].indexOf(codec)))).slice(-2)
    assert.deepEqual(
      read.map((record) => [record.value, record.codec]),
      [
        [`${codec} 2`, codec],
        [`${codec} 1`, codec],
      ],
    )
  }
})

test('levels, seconds and milliseconds; a level counts first', async () => {
  const topic = await WireTopic.create(client, {
    configs: { ...DELAY.configs, 'delay.levels': '200ms,400ms' },
  })
  const both = [
    { key: 'DELAY', value: '1' },
    { key: 'TIMER_DELAY_SEC', value: '3600' },
  ]
  const answer = await topic.produce(
    batch([
      timed('level 9', 'DELAY', 9),
      { value: 'level 1', headers: both, timestamp: 1 },
      timed('0 s', 'TIMER_DELAY_SEC', 0),
      timed('level 0', 'DELAY', 0),
    ]),
  )
  assert.equal(answer.errorCode, 0, answer.errorMessage ?? '')
  const records = await readUntil(topic, 4)
  assert.deepEqual(
    records.map(({ value }) => value),
    ['0 s', 'level 0', 'level 1', 'level 9'],
  )
  for (const { headers } of records) {
    const names = headers.map(([name]) => name).filter((name) => name !== 'DELAY' && name !== 'TIMER_DELAY_SEC')
    assert.deepEqual(names, ['BORN_TIMESTAMP'], 'what the broker noted for itself is not told')
  }
})

test('a header that cannot be followed refuses the batch, naming every such record and the reason', async () => {
  const topic = await WireTopic.create(client, { configs: { ...DELAY.configs, 'delay.max.ms': '60000' } })
  const cases: [string, string, RegExp][] = [
    ['DELAY', 'three', /^Header DELAY must be a whole number of at most 15 decimal digits, not "three"\.$/],
    ['DELAY', ' 3', /not " 3"\.$/],
    ['DELAY', '+3', /not "\+3"\.$/],
    ['DELAY', '٣', /not "٣"\.$/],
    ['DELAY', '0000000000000003', /at most 15 decimal digits, not "0000000000000003"\.$/],
    ['TIMER_DELAY_MS', '-5', /TIMER_DELAY_MS must be a whole number/],
    ['TIMER_DELAY_MS', '', /TIMER_DELAY_MS must be a whole number/],
    ['TIMER_DELIVER_MS', '1e12', /TIMER_DELIVER_MS must be a whole number/],
    ['TIMER_DELAY_MS', '60001', /^The record is due in 60001 ms, and delay\.max\.ms is 60000\.$/],
    ['TIMER_DELAY_SEC', '999999999999999', /delay\.max\.ms/],
  ]
  for (const codec of ['none', 'lz4'] as const) {
    for (const [header, text, reason] of cases) {
      const good = timed('good', 'DELAY', 1)
      const records = [good, timed('bad', header, text), good, timed('worse', 'DELAY', 'x'), timed('bad', header, text)]
      const answer = await topic.produce(batch(records, { codec }))
      assert.equal(answer.errorCode, 87)
      assert.match(answer.errorMessage!, reason)
      // Clients tell their users of each record whether it is to be mended or sent again.
      assert.deepEqual(
        answer.recordErrors.map(({ batchIndex }) => batchIndex),
        [1, 3, 4],
      )
      for (const [at, expected] of [reason, /not "x"\.$/, reason].entries())
        assert.match(answer.recordErrors[at]!.batchIndexErrorMessage!, expected)
    }
  }
  assert.deepEqual(await topic.read(0), [])
  assert.equal((await topic.produce(batch([{ value: 'now' }]))).baseOffset, 0, 'nothing of them was taken')
  assert.deepEqual(
    (await readUntil(topic, 1)).map(({ value }) => value),
    ['now'],
  )
})

test('of very many records that cannot be followed the first 1000 are named', async () => {
  const topic = await WireTopic.create(client, DELAY)
  const answer = await topic.produce(batch(Array.from({ length: 1200 }, () => timed('bad', 'DELAY', 'x'))))
  assert.equal(answer.errorCode, 87)
  assert.deepEqual(
    answer.recordErrors.map(({ batchIndex }) => batchIndex),
    Array.from({ length: 1000 }, (_, index) => index),
  )
})

test('an idempotent producer sends again and it counts once', async () => {
  const topic = await WireTopic.create(client, DELAY)
  const { producerId, producerEpoch } = await client.send(InitProducerId, 4, {
    transactionalId: null,
    transactionTimeoutMs: 0,
    producerId: -1,
    producerEpoch: -1,
  })
  const send = (baseSequence: number, value: string) =>
    topic.produce(batch([timed(value, 'TIMER_DELAY_MS', 50)], { producerId, producerEpoch, baseSequence }))
  const first = await send(0, 'a')
  assert.deepEqual([(await send(0, 'a')).baseOffset, first.errorCode], [first.baseOffset, 0])
  assert.equal((await send(1, 'b')).errorCode, 0)
  assert.equal((await send(3, 'd')).errorCode, 45)
  assert.deepEqual(
    (await readUntil(topic, 2)).map(({ value }) => value),
    ['a', 'b'],
  )
  const reserved = await topic.produce(
    batch([{ value: 'x' }], { producerId: 2 ** 52, producerEpoch: 0, baseSequence: 0 }),
  )
  assert.equal(reserved.errorCode, 87)
})

test('clients see the topic alone, and cannot reach what its records wait in', async () => {
  const topic = await WireTopic.create(client, DELAY)
  const hidden = `__intake.${topic.topicId}`
  const all = await client.send(Metadata, 12, { topics: null })
  assert.ok(all.topics.some(({ name }) => name === topic.name))
  assert.ok(!all.topics.some(({ name }) => name?.startsWith('__intake')))
  const { topics } = await client.send(CreateTopics, 7, {
    topics: [{ name: '__intake.mine', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
  })
  assert.equal(topics[0]!.errorCode, 42)
  const deleted = await client.send(DeleteTopics, 5, { topicNames: [hidden], timeoutMs: 1000 })
  assert.equal(deleted.responses[0]!.errorCode, 44)
  const produced = await new WireTopic(client, hidden, '').produce(batch([{ value: 'x' }]))
  assert.equal(produced.errorCode, 29)
})

test('no more wait than may', async () => {
  const topic = await WireTopic.create(client, { configs: { ...DELAY.configs, 'intake.waiting.records.max': '3' } })
  const wait = (value: string) => timed(value, 'TIMER_DELAY_SEC', 3600)
  assert.equal((await topic.produce(batch([wait('a'), wait('b')]))).errorCode, 0)
  const answer = await topic.produce(batch([wait('c'), wait('d')]))
  assert.equal(answer.errorCode, 19)
  assert.match(answer.errorMessage!, /^2 records wait in .*, and intake\.waiting\.records\.max is 3\.$/)
  assert.equal((await topic.produce(batch([wait('c')]))).errorCode, 0)
})

test('no more bytes wait than may', async () => {
  const topic = await WireTopic.create(client, { configs: { ...DELAY.configs, 'intake.waiting.bytes.max': '900' } })
  const wait = () => topic.produce(batch([timed('x'.repeat(200), 'TIMER_DELAY_SEC', 3600)]))
  assert.equal((await wait()).errorCode, 0)
  assert.equal((await wait()).errorCode, 0, 'the last one may go beyond')
  const answer = await wait()
  assert.equal(answer.errorCode, 19)
  assert.match(answer.errorMessage!, /^What waits in .* takes \d+ bytes, and intake\.waiting\.bytes\.max is 900\.$/)
})

test('types that are not served are refused with a text', async () => {
  const create = async (configs: Record<string, string>) => {
    const request = {
      name: 'refused',
      numPartitions: 1,
      replicationFactor: 1,
      assignments: [],
      configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
    }
    const { topics } = await client.send(CreateTopics, 7, { topics: [request] })
    assert.equal(topics[0]!.errorCode, 40)
    return topics[0]!.errorMessage!
  }
  assert.match(
    await create({ 'message.type': 'TRANSACTION' }),
    /message\.type must be one of NORMAL, FIFO, DELAY, RETRY/,
  )
  assert.match(await create({ 'message.type': 'RETRY' }), /needs retry\.group/)
  assert.match(await create({ 'retry.group': 'g' }), /needs message\.type=RETRY/)
})

test('a topic that grows has an intake for its new partitions', async () => {
  const topic = await WireTopic.create(client, DELAY)
  const grown = { topics: [{ name: topic.name, count: 3, assignments: null }], timeoutMs: 1000 }
  assert.equal((await client.send(CreatePartitions, 3, grown)).results[0]!.errorCode, 0)
  for (const partition of [0, 1, 2]) {
    const answer = await topic.produce(batch([timed(`in ${partition}`, 'TIMER_DELAY_MS', 20)]), { partition })
    assert.equal(answer.errorCode, 0)
  }
  for (const partition of [0, 1, 2]) {
    assert.deepEqual(
      (await readUntil(topic, 1, partition)).map(({ value }) => value),
      [`in ${partition}`],
    )
  }
})

test('records without a key, a value or headers, and large ones', async () => {
  const topic = await WireTopic.create(client, DELAY)
  const large = 'x'.repeat(900_000)
  const soon = [{ key: 'TIMER_DELAY_MS', value: '30' }]
  for (const record of [
    { value: '' },
    { value: large, headers: soon },
    { key: 'tombstone', value: null, headers: soon },
  ]) {
    assert.equal((await topic.produce(batch([record]))).errorCode, 0)
  }
  const records = await readUntil(topic, 3)
  assert.deepEqual(
    records.map(({ key, value }) => [key, value?.length ?? null]),
    [
      [null, 0],
      [null, 900_000],
      ['tombstone', null],
    ],
  )
  assert.equal(headerOf(records[0]!, 'BORN_TIMESTAMP'), '-1')
})
