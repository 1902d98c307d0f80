/** Members of etcd that answer, and that take a connection and say nothing, as one does whose process stands still. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, createServer as createSocketServer, type Socket } from 'node:net'
import { it } from 'node:test'
import { StoreError } from '../store.ts'
import { EtcdHttp } from './etcd-http.ts'

/** For what nobody answers. */
const SHORT_MS = 200
/** Half of it is waited for, and the other half is what an answer may take. */
const HALVED_MS = 8_000
/** For what is answered, however busy the machine is. */
const LONG_MS = 60_000

it('asks the next member within the time of one request, where one says nothing', async () => {
  await using silent = await silentMember()
  await using sound = await member((_request, response) => response.end('{"who":"sound"}'))
  const http = httpTo([silent, sound], HALVED_MS)
  assert.deepEqual(await http.call('/v3/kv/range', {}, true), { who: 'sound' })
  http.close()
})

it('does not come back to a silent member because several requests find it so at once', async () => {
  await using silent = await silentMember()
  await using sound = await member((_request, response) => response.end('{"who":"sound"}'))
  const http = httpTo([silent, sound], LONG_MS)
  const write = () => http.call('/v3/kv/txn', {}, false, SHORT_MS).catch((error: Error) => error)
  // An even number: each on its own would have gone on to the next but one, which is the same.
  for (const outcome of await Promise.all([write(), write()])) assert.ok(outcome instanceof StoreError, String(outcome))
  assert.deepEqual(await http.call('/v3/kv/txn', {}, false), { who: 'sound' })
  http.close()
})

it('ends the stream of a member that does not answer requests, which says nothing on its streams either', async () => {
  await using silent = await silentMember()
  await using sound = await member((_request, response) => response.write('{"who":"sound"}\n'))
  const http = httpTo([silent, sound], LONG_MS)
  const ended = Promise.withResolvers<Error | null>()
  http.stream('/v3/watch', {}, () => assert.fail('a silent member said something'), ended.resolve)
  await assert.rejects(http.call('/v3/kv/txn', {}, false, SHORT_MS), StoreError)
  assert.match(String(await ended.promise), /no answer within/)
  const told = Promise.withResolvers<unknown>()
  const next = http.stream('/v3/watch', {}, told.resolve, () => {})
  assert.deepEqual(await told.promise, { who: 'sound' })
  next.close()
  http.close()
})

it('keeps the streams of a member that answers, and those of the only one', async () => {
  await using slow = await silentMember()
  const only = httpTo([slow], LONG_MS)
  let hasEnded = false
  const stream = only.stream(
    '/v3/watch',
    {},
    () => {},
    () => {
      hasEnded = true
    },
  )
  await assert.rejects(only.call('/v3/kv/txn', {}, false, SHORT_MS), StoreError)
  assert.equal(hasEnded, false)
  stream.close()
  only.close()
})

it('goes on to the next member where one refuses a stream, and stays where a stream is closed', async () => {
  const streams: string[] = []
  const members = await Promise.all(
    ['first', 'second'].map((name) =>
      member((_request, response) => {
        streams.push(name)
        response.write('{}\n')
      }),
    ),
  )
  const http = httpTo(members, LONG_MS)
  const streamed = () => {
    const told = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<unknown>()
    const stream = http.stream('/v3/watch', {}, () => told.resolve(), ended.resolve)
    return { told: told.promise, ended: ended.promise, stream }
  }
  const closed = streamed()
  await closed.told
  closed.stream.close()
  await closed.ended
  const refused = streamed()
  await refused.told
  refused.stream.leave()
  await refused.ended
  const last = streamed()
  await last.told
  last.stream.close()
  assert.deepEqual(streams, ['first', 'first', 'second'])
  http.close()
  for (const each of members) await each[Symbol.asyncDispose]()
})

interface Member extends AsyncDisposable {
  readonly endpoint: string
}

function httpTo(members: readonly Member[], timeoutMs: number): EtcdHttp {
  const endpoints = members.map(({ endpoint }) => endpoint)
  const address = { endpoints, namespace: '', credentials: null, tls: { ca: null, cert: null, key: null } }
  return new EtcdHttp(address, timeoutMs)
}

async function member(answer: RequestListener): Promise<Member> {
  const server = createServer(answer)
  return listening(server, () => server.closeAllConnections())
}

async function silentMember(): Promise<Member> {
  const sockets = new Set<Socket>()
  const server = createSocketServer((socket) => sockets.add(socket.on('error', () => {})))
  return listening(server, () => {
    for (const socket of sockets) socket.destroy()
  })
}

async function listening(server: Server | ReturnType<typeof createSocketServer>, end: () => void): Promise<Member> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      end()
      server.close()
      await once(server, 'close')
    },
  }
}
