/** Orders over several brokers, each with an admin listener that has records of its own. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { adminListenersAt } from '../admin/admin-listeners.ts'
import { buryDelayed, listDelayed, recallDelayed } from './delayed-records.ts'

interface Place {
  partition: number
  offset: number
}

/** A broker that leads one partition; `waiting` are the records there, due by their offsets. Null: the topic is not here. */
async function brokerOf(partition: number, waiting: Set<number> | null) {
  const answer = (path: string, body: { records?: Place[]; limit?: number }, limit: number) => {
    if (waiting === null) return { status: 404, body: { error: 'it has no intake here.' } }
    const found = [...waiting].slice(0, body.limit ?? limit).map((offset) => ({ partition, offset, due: offset }))
    if (path === '/v1/delayed') {
      return { status: 200, body: { waiting: waiting.size, records: found, isCut: waiting.size > found.length } }
    }
    if (path.endsWith('/bury')) return { status: 400, body: { error: '"t" is no retry topic' } }
    const chosen = body.records ?? found
    const own = chosen.filter((record) => record.partition === partition)
    const done = own.filter(({ offset }) => waiting.delete(offset)).length
    const [skipped, failed] = [own.length - done, chosen.length - own.length]
    return { status: 200, body: { matched: chosen.length, done, skipped, failed } }
  }
  const server = createServer(async (request, response) => {
    const chunks = await Array.fromAsync(request as AsyncIterable<Buffer>)
    const { pathname, searchParams } = new URL(request.url!, 'http://any')
    const sent = chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString())
    const { status, body } = answer(pathname, sent, Number(searchParams.get('limit') ?? 100))
    response.writeHead(status).end(JSON.stringify(body))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    address: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
  }
}

const evens = () => new Set(Array.from({ length: 120 }, (_, i) => 2 * i))
const odds = () => new Set(Array.from({ length: 120 }, (_, i) => 2 * i + 1))

test('a limit holds for all brokers together: what is listed is what is recalled', async () => {
  const [zero, one] = [evens(), odds()]
  await using first = await brokerOf(0, zero)
  await using second = await brokerOf(1, one)
  const listeners = adminListenersAt([first.address, second.address])
  const query = { topic: 't', limit: 100 }
  const shown = await listDelayed(listeners, query)
  assert.deepEqual([shown.records.length, shown.waiting, shown.isCut], [100, 240, true])
  const order = await recallDelayed(listeners, query)
  assert.deepEqual(order, { topic: 't', matched: 100, done: 100, skipped: 0, failed: 0, silent: [] })
  assert.deepEqual([zero.size, one.size, Math.min(...zero, ...one)], [70, 70, 100], 'the first due have gone')
})

test('more named records than a broker takes at once go in several orders', async () => {
  const zero = new Set(Array.from({ length: 10_001 }, (_, offset) => offset))
  await using only = await brokerOf(0, zero)
  const records = [...zero].map((offset) => ({ partition: 0, offset }))
  const order = await recallDelayed(adminListenersAt([only.address]), { topic: 't', records })
  assert.deepEqual([order.matched, order.done, zero.size], [10_001, 10_001, 0])
})

test('the topic is not blamed where the broker that may have it is silent; an order that it does not take is', async () => {
  await using gone = await brokerOf(0, null)
  await gone[Symbol.asyncDispose]()
  await using without = await brokerOf(1, null)
  const both = adminListenersAt([gone.address, without.address])
  const unreachable = { name: 'UnreachableError', message: /ECONNREFUSED.*no intake here/ }
  await assert.rejects(listDelayed(both, { topic: 't' }), unreachable)
  await assert.rejects(recallDelayed(both, { topic: 't', records: [{ partition: 0, offset: 0 }] }), unreachable)
  await assert.rejects(listDelayed(adminListenersAt([without.address]), { topic: 't' }), { name: 'RefusedError' })
  await using empty = await brokerOf(1, new Set())
  const buried = buryDelayed(adminListenersAt([empty.address]), { topic: 't' })
  await assert.rejects(buried, { name: 'RefusedError', message: /no retry topic/ })
})
