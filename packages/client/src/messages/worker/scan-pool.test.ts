import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Broker, startBroker } from '@odradek/broker'
import { Cluster } from '../../cluster.ts'
import { KafkaError, RefusedError } from '../../cluster-errors.ts'
import { createTopic } from '../../topics/create-topic.ts'
import { FilterError } from '../filter/cel-filter.ts'
import { getMessage } from '../get-message.ts'
import type { MessageRow } from '../message-row.ts'
import { produceMessage } from '../produce-message.ts'
import { MessageSource } from '../scan/message-source.ts'
import type { ScanProgress, ScanRequest } from '../scan/scan-request.ts'
import type { JobEvent } from './job.ts'
import { ScanPool } from './scan-pool.ts'

let broker: Broker
let cluster: Cluster
let pool: ScanPool
const options = () => ({ bootstrap: [broker.address] })
const auto = { key: 'auto', value: 'auto' } as const

before(async () => {
  broker = await startBroker()
  cluster = new Cluster(options())
  pool = new ScanPool({ workersMax: 1, silenceMsMax: 5_000 })
})
after(async () => {
  await pool.close()
  await cluster.close()
  await broker.close()
})

async function topicOf(name: string, partitions: number, values: readonly string[]): Promise<void> {
  await createTopic(cluster, { name, partitions, replicationFactor: 1, configs: {} })
  for (const [index, text] of values.entries()) {
    await produceMessage(cluster, {
      topic: name,
      key: { format: 'text', text: `k${index}` },
      value: { format: 'text', text },
      headers: [{ key: 'source', value: { format: 'text', text: 'test' } }],
    })
  }
}

function request(topic: string, rest: Partial<ScanRequest> = {}): ScanRequest {
  return {
    topic,
    from: { kind: 'earliest' },
    to: { kind: 'now' },
    filter: {},
    decoders: auto,
    readCommitted: true,
    limit: 1_000,
    ...rest,
  }
}

async function collect(events: AsyncIterable<JobEvent>) {
  const rows: MessageRow[] = []
  let last: ScanProgress | undefined
  let text = ''
  for await (const event of events) {
    if (event.kind === 'rows') rows.push(...event.rows)
    if (event.kind === 'progress') last = event.progress
    if (event.kind === 'text') text += event.text
  }
  return { rows, last, text }
}

test('a scan runs in a thread and gives rows and how far it is', async () => {
  await topicOf('pooled', 2, ['{"id":9007199254740993,"ok":true}', 'plain', '{"id":1}'])
  const { rows, last } = await collect(
    pool.run(options(), {
      kind: 'scan',
      request: request('pooled', { filter: { cel: 'value.id == 9007199254740993' } }),
    }),
  )
  equal(rows.length, 1)
  equal(rows[0]?.value.text, '{"id":9007199254740993,"ok":true}')
  equal(rows[0]?.headers[0]?.value.text, 'test')
  equal(last?.end, 'end')
  equal(last?.scanned, 3)
})

test('what is wrong with a filter or a topic comes back as the error it is', async () => {
  const bad = (filter: string) =>
    collect(pool.run(options(), { kind: 'scan', request: request('pooled', { filter: { cel: filter } }) }))
  await rejects(bad('value. =='), (error: Error) => error instanceof FilterError && error.column === 6)
  await rejects(
    bad('valeu.id == 1'),
    (error: Error) => error instanceof FilterError && /no "valeu"/.test(error.message),
  )
  await rejects(
    collect(pool.run(options(), { kind: 'scan', request: request('nowhere') })),
    (error: Error) => error instanceof KafkaError && error.errorName === 'UNKNOWN_TOPIC_OR_PARTITION',
  )
})

test('a tail gives what is written after it began, and begins again where it was', async () => {
  await topicOf('followed', 1, ['old'])
  const follow = (position?: string) =>
    pool.run(options(), {
      kind: 'tail',
      request: {
        topic: 'followed',
        filter: {},
        decoders: auto,
        readCommitted: true,
        rowsPerSecondMax: 2,
        ...(position !== undefined && { position }),
      },
    })
  let position = ''
  let dropped = 0
  const seen: string[] = []
  for await (const event of follow()) {
    ok(event.kind === 'tail')
    if (position === '') {
      position = event.report.position
      for (let n = 0; n < 5; n++) {
        await produceMessage(cluster, {
          topic: 'followed',
          key: { format: 'null', text: '' },
          value: { format: 'text', text: `new ${n}` },
          headers: [],
        })
      }
    }
    seen.push(...event.report.rows.map(({ value }) => value.text))
    dropped = event.report.dropped
    if (event.report.matched === 5) break
  }
  equal(seen.length + dropped, 5)
  ok(!seen.includes('old'))
  for await (const event of follow(position)) {
    ok(event.kind === 'tail')
    if (event.report.rows.length === 0) continue
    equal(event.report.rows[0]?.value.text, 'new 0')
    break
  }
})

test('an export holds whole messages, digits and all, as JSON lines and as CSV', async () => {
  const long = `{"id":9007199254740993,"text":"${'x'.repeat(2_000)}"}`
  await topicOf('exported', 1, [long, '=1+1', 'a "b", c'])
  const jsonl = await collect(pool.run(options(), { kind: 'export', format: 'jsonl', request: request('exported') }))
  const lines = jsonl.text.trim().split('\n')
  equal(lines.length, 3)
  match(lines[0]!, /"value":\{"id":9007199254740993,"text":"x{2000}"\},"valueKind":"json"/)
  const csv = await collect(pool.run(options(), { kind: 'export', format: 'csv', request: request('exported') }))
  const [head, , second, third] = csv.text.split('\r\n')
  equal(head, 'topic,partition,offset,timestamp,key,keyKind,value,valueKind,headers')
  match(second!, /,'=1\+1,text,/)
  match(third!, /,"a ""b"", c",text,/)
})

test('fields are sampled with their types', async () => {
  const events: JobEvent[] = []
  for await (const event of pool.run(options(), { kind: 'fields', topic: 'pooled', decoders: auto, messages: 50 })) {
    events.push(event)
  }
  const [found] = events
  ok(found?.kind === 'fields')
  equal(found.messages, 3)
  deepEqual(found.fields.find(({ path }) => path === 'value.id')?.types, ['int'])
  deepEqual(found.fields.find(({ path }) => path === 'headers.source')?.examples, ['test'])
})

test('a filter that takes for ever on one message is ended, and the next job has a new thread', async () => {
  await topicOf('heavy', 1, [`{"list":[${Array.from({ length: 3_000 }, (_, index) => index).join()}]}`])
  const cel = 'value.list.all(a, value.list.all(b, value.list.all(c, a + b + c >= 0)))'
  await rejects(
    collect(pool.run(options(), { kind: 'scan', request: request('heavy', { filter: { cel } }) })),
    (error: Error) => error instanceof RefusedError && /too long/.test(error.message),
  )
  const { rows } = await collect(pool.run(options(), { kind: 'scan', request: request('heavy') }))
  equal(rows.length, 1)
})

test('a message is read by its place, or it is said what is there instead', async () => {
  await using source = new MessageSource(options(), cluster)
  const found = await getMessage(source, 'exported', 0, 1, auto)
  equal(found.message?.value.text, '=1+1')
  equal(found.message?.batch.records, 1)
  equal((await getMessage(source, 'exported', 0, 3, auto)).missing, 'notWrittenYet')
  await rejects(getMessage(source, 'exported', 7, 0, auto), RefusedError)
})

test('produced input is checked', async () => {
  const produce = (format: 'json' | 'hex' | 'base64', text: string) =>
    produceMessage(cluster, {
      topic: 'exported',
      key: { format: 'null', text: '' },
      value: { format, text },
      headers: [],
    })
  await rejects(produce('json', '{"a":}'), RefusedError)
  await rejects(produce('hex', 'abc'), RefusedError)
  await rejects(produce('base64', '*'), RefusedError)
  const { partition, offset } = await produce('json', '{"id": 9007199254740993}')
  await using source = new MessageSource(options(), cluster)
  const { message } = await getMessage(source, 'exported', partition, offset, auto)
  equal(message?.value.text, '{\n  "id": 9007199254740993\n}')
  equal(Buffer.from(message!.value.base64, 'base64').toString(), '{"id": 9007199254740993}')
})
