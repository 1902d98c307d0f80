/**
 * A group of the shop that fails with 3 % of the orders: most succeed at the second try, the rest become dead letters; and
 * forty dead letters of four causes that are there from the beginning. Only brokers of Odradek retry.
 */
import {
  alterConfigs,
  type Cluster,
  type ClusterOptions,
  type GroupTopics,
  groupTopics,
  type MessageRow,
  MessageSource,
  scan,
} from '@odradek/client'
import { Metadata } from '@odradek/protocol'
import type { Message } from '@platformatic/kafka'
import type { RecordWriter, WritableRecord } from './record-writer.ts'

export const FAILING_GROUP = 'shop-fulfilment'
const RETRIES_MAX = 3
const SETTINGS = [
  { name: 'retry.max.times', value: String(RETRIES_MAX) },
  { name: 'retry.delay.levels', value: '10s,30s,1m' },
]
const LETTERS = 40

/** What goes wrong, with the stack that a consumer would send. */
const CAUSES = [
  `OutOfStockError: nothing left of "teapot" in warehouse 3
    at reserve (fulfilment/stock.ts:88:11)
    at fulfil (fulfilment/orders.ts:41:9)`,
  `TimeoutError: the carrier did not answer in 5000 ms
    at book (fulfilment/carrier.ts:132:17)
    at fulfil (fulfilment/orders.ts:47:13)`,
  `ValidationError: address without a postcode
    at parseAddress (fulfilment/address.ts:29:13)
    at fulfil (fulfilment/orders.ts:36:19)`,
  `TypeError: Cannot read properties of undefined (reading 'cents')
    at total (fulfilment/prices.ts:12:31)
    at fulfil (fulfilment/orders.ts:38:15)`,
] as const

type Header = { readonly key: string; readonly value: string }

/** Makes the group's topics and its forty letters. Null where the cluster does not retry. */
export async function openFailures(
  options: ClusterOptions,
  cluster: Cluster,
  writer: RecordWriter,
  now: number,
): Promise<GroupTopics | null> {
  let topics: GroupTopics
  try {
    topics = await groupTopics(cluster, FAILING_GROUP)
  } catch {
    return null
  }
  const known = await cluster.metadata(0)
  const isNew = !known.topics.has(topics.deadLetters)
  await alterConfigs(cluster, { type: 'group', name: FAILING_GROUP }, SETTINGS)
  // Asked for by a client, the broker makes it.
  await cluster.request(Metadata, { topics: [{ name: topics.retry }], allowAutoTopicCreation: true })
  cluster.forget()
  if (isNew) await writer.write(await letters(options, cluster, topics.retry, now))
  return topics
}

/** Orders that failed as often as they may: the broker puts them among the dead letters. */
async function letters(
  options: ClusterOptions,
  cluster: Cluster,
  retry: string,
  now: number,
): Promise<WritableRecord[]> {
  const rows = await someOrders(options, cluster)
  return rows.map((row, at) => {
    const error = CAUSES[at % CAUSES.length]!
    // The more frequent causes are in front.
    const cause = at % 10 < 5 ? CAUSES[0] : error
    const failedAt = now - (rows.length - at) * 120_000
    const attempts = Array.from({ length: RETRIES_MAX }, (_, tried) => ({
      time: failedAt - (RETRIES_MAX - tried) * 30_000,
      client: FAILING_GROUP,
      host: '127.0.0.1',
      error: cause,
    }))
    const own = row.headers.map(({ key, value }) => ({ key, value: value.text }))
    return {
      topic: retry,
      key: row.key.text,
      value: Buffer.from(row.value.text),
      headers: [
        ...own,
        ...originOf('shop.orders', row.partition, row.offset, row.timestamp),
        { key: 'RECONSUME_TIME', value: String(RETRIES_MAX) },
        { key: 'ATTEMPTS', value: JSON.stringify(attempts) },
        { key: 'EXCEPTION', value: cause },
      ],
      timestamp: row.timestamp,
    }
  })
}

async function someOrders(options: ClusterOptions, cluster: Cluster): Promise<MessageRow[]> {
  const source = new MessageSource(options, cluster)
  const rows: MessageRow[] = []
  const request = {
    topic: 'shop.orders',
    from: { kind: 'earliest' },
    to: { kind: 'now' },
    filter: {},
    decoders: { key: 'text', value: 'text' },
    readCommitted: true,
    limit: LETTERS,
    whole: true,
  } as const
  const sink = { rows: (found: MessageRow[]) => void rows.push(...found), progress: () => {} }
  await scan(source, request, sink, new AbortController().signal)
  return rows
}

/** Deals with an order; false with the reason where it fails: 3 of a hundred, of which one in ten fails for good. */
export function failureOf(message: Message<Buffer, Buffer, Buffer, Buffer>): string | null {
  const number = numberOf(message.value)
  if (number % 100 >= 3) return null
  const isRetried = message.headers.size > 0 && headerText(message, 'RECONSUME_TIME') !== null
  if (isRetried && number % 1_000 >= 100) return null
  return CAUSES[number % CAUSES.length]!
}

/** The record that a consumer sends to its retry topic, by the contract for any client. */
export function failedRecord(
  message: Message<Buffer, Buffer, Buffer, Buffer>,
  retry: string,
  error: string,
): WritableRecord {
  const received = [...message.headers].map(([key, value]) => ({ key: key.toString(), value: value.toString() }))
  const { topic, partition, offset, timestamp } = message
  const origin = topic === retry ? [] : originOf(topic, partition, Number(offset), Number(timestamp))
  return {
    topic: retry,
    key: message.key?.toString() ?? null,
    value: message.value,
    headers: [...received.filter(({ key }) => key !== 'EXCEPTION'), ...origin, { key: 'EXCEPTION', value: error }],
    timestamp: Number(timestamp),
  }
}

function originOf(topic: string, partition: number, offset: number, timestamp: number): Header[] {
  return [
    { key: 'ORIGIN_TOPIC', value: topic },
    { key: 'ORIGIN_PARTITION', value: String(partition) },
    { key: 'ORIGIN_OFFSET', value: String(offset) },
    { key: 'ORIGIN_TIMESTAMP', value: String(timestamp) },
  ]
}

function headerText(message: Message<Buffer, Buffer, Buffer, Buffer>, name: string): string | null {
  for (const [key, value] of message.headers) if (key.toString() === name) return value.toString()
  return null
}

/** A number that an order always has: the last digits of its id. */
function numberOf(value: Buffer | null): number {
  const id = /"id":\d*?(\d{1,6})[,}]/.exec(value?.toString() ?? '')
  return id === null ? 0 : Number(id[1])
}
