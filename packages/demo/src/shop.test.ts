import { deepEqual, equal, ok } from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Broker, startBroker } from '@odradek/broker'
import {
  Cluster,
  fetchMetadata,
  groupTopics,
  listDeadLetters,
  listGroups,
  type MessageRow,
  MessageSource,
  scan,
} from '@odradek/client'
import { openShop } from './open-shop.ts'
import { removeShop } from './remove-shop.ts'
import { Shop } from './shop.ts'
import { FAILING_GROUP } from './shop-failures.ts'
import { ShopProcess } from './shop-process.ts'
import { REMINDERS_TOPIC } from './shop-reminders.ts'
import { shopGroups, shopTopics } from './shop-topics.ts'

let broker: Broker
const options = () => ({ bootstrap: [broker.address] })
before(async () => {
  broker = await startBroker()
})
after(() => broker.close())

async function read(topic: string, cel?: string): Promise<MessageRow[]> {
  await using source = new MessageSource(options())
  const rows: MessageRow[] = []
  await scan(
    source,
    {
      topic,
      from: { kind: 'earliest' },
      to: { kind: 'now' },
      filter: { ...(cel !== undefined && { cel }) },
      decoders: { key: 'auto', value: 'auto' },
      readCommitted: true,
      limit: 1_000,
    },
    { rows: (found) => void rows.push(...found), progress: () => {} },
    new AbortController().signal,
  )
  return rows
}

test('the same seed gives the same records', () => {
  const run = (seed: number) => {
    const shop = new Shop(seed)
    return Array.from({ length: 50 }, (_, n) => shop.next(1_700_000_000_000 + n)).flat()
  }
  deepEqual(run(7), run(7))
  ok(run(7).length > 150)
})

test('the shop opens with a history that can be decoded, and leaves nothing behind', async () => {
  const { cluster } = await openShop({ cluster: options(), orders: 200, now: Date.now() })
  await cluster.close()
  const orders = await read('shop.orders')
  equal(orders.length, 200)
  ok(orders.some(({ value }) => value.text.startsWith('{"id":9007199254740993,')))
  const clicks = await read('shop.clicks', 'value.device == "PHONE"')
  ok(clicks.length > 0 && clicks.every(({ value }) => value.kind === 'avro' && value.text.includes('"device":"PHONE"')))
  const shipments = await read('shop.shipments', 'value.order_id >= 9007199254740993 && value.to.country == "DE"')
  ok(shipments.length > 0 && shipments.every(({ value }) => value.kind === 'protobuf'))
  ok((await read('shop.customers')).length > 0)
  await removeShop(options())
  await using after = new Cluster(options())
  const { topics } = await fetchMetadata(after)
  deepEqual(
    [...topics.keys()].filter((name) => !name.startsWith('__')),
    [],
  )
})

test('an open shop writes on, in a process of its own, with groups that keep up, lag and are stuck', async () => {
  const shop = new ShopProcess({ cluster: options(), orders: 900 })
  await shop.opened()
  await using cluster = new Cluster(options())
  const { groups } = await listGroups(cluster)
  deepEqual(groups.map(({ id }) => id).sort(), [...shopGroups].sort())
  while (shop.written < 100) await new Promise((resolve) => setTimeout(resolve, 100))
  const { deadLetters } = await groupTopics(cluster, FAILING_GROUP)
  let letters = await listDeadLetters(cluster, FAILING_GROUP, 1_000)
  while (letters.length < 40) letters = await listDeadLetters(cluster, FAILING_GROUP, 1_000)
  ok(letters.every(({ origin }) => origin?.topic === 'shop.orders'))
  await shop.close()
  await removeShop(options())
  const { topics } = await fetchMetadata(cluster)
  ok([...shopTopics.map(({ name }) => name), REMINDERS_TOPIC, deadLetters].every((name) => !topics.has(name)))
  deepEqual((await listGroups(cluster)).groups, [])
})
