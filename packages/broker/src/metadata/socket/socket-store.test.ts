import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createNodeHost } from '../../host/node/node-host.ts'
import { EmbeddedStore } from '../embedded-store.ts'
import type { EventBatch, MetadataStore, StoreErrorCode, Transaction } from '../store.ts'
import { metadataStoreContract } from '../testing/store-contract.ts'
import { encodeFrame, FrameDecoder } from './json-frames.ts'
import { SocketStore } from './socket-store.ts'
import { serveStore } from './store-server.ts'

const host = createNodeHost()

function openEmbedded(directory: string): EmbeddedStore {
  return EmbeddedStore.open({ ...host, directory, keptLeaseMs: 60_000 })
}

/** A served store in a directory that is gone at the end of the scope. */
async function serving() {
  const directory = mkdtempSync(join(tmpdir(), 'odradek-store-'))
  const path = join(directory, 's')
  let embedded = openEmbedded(directory)
  let server = await serveStore(embedded, path)
  const clients: MetadataStore[] = []
  return {
    path,
    get embedded() {
      return embedded
    },
    client(requestTimeoutMs = 60_000) {
      const client = new SocketStore({ path, timers: host.timers, requestTimeoutMs })
      clients.push(client)
      return client
    },
    async stop() {
      await server.close()
      await embedded.close()
    },
    async startAgain() {
      embedded = openEmbedded(directory)
      server = await serveStore(embedded, path)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.close()))
      await server.close()
      await embedded.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

metadataStoreContract('served on a Unix socket', async () => {
  const served = await serving()
  return {
    store: served.client(),
    leaseMs: 500,
    until: (promise) => promise,
    pass: (ms) => new Promise((resolve) => void setTimeout(resolve, ms)),
    compact: async (revision) => served.embedded.compact(revision),
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  }
})

describe('a store served on a Unix socket', () => {
  it('is one store for all its clients', async () => {
    await using served = await serving()
    const [a, b] = [served.client(), served.client()]
    const watcher = collect(b, 1)
    await a.transact(put('/k', '1'))
    await watcher.has(1)
    assert.equal((await b.get('/k')).entry?.value, '1')
  })

  it('is found again when it comes back: reads wait for it, watches and leases go on', async () => {
    await using served = await serving()
    const client = served.client()
    const lease = await client.grantLease(60_000)
    await client.transact({ compares: [], success: [{ kind: 'put', key: '/leased', value: 'x', lease }] })
    const { revision } = await client.list('/')
    const watcher = collect(client, revision + 1)
    await client.get('/leased')
    await served.stop()
    const read = client.get('/leased')
    await served.startAgain()
    assert.equal((await read).entry?.lease, lease)
    assert.equal(await client.keepAlive(lease), true)
    const other = await client.grantLease(60_000)
    assert.notEqual(other, lease)
    const { revision: next } = await client.transact(put('/after', '1'))
    await watcher.has(1)
    assert.deepEqual(
      watcher.seen.map((batch) => batch.revision),
      [next],
    )
  })

  it('tells a watcher that begins before the store was started again to list anew', async () => {
    await using served = await serving()
    const client = served.client()
    await client.transact(put('/a', '1'))
    await served.stop()
    await served.startAgain()
    assert.equal(await collect(client, 1).compacted, 2)
  })

  it('refuses what it cannot say to be done, and goes on', async () => {
    await using served = await serving()
    const client = served.client(200)
    await client.transact(put('/a', '1'))
    await served.stop()
    await refused(client.transact(put('/a', '2')), 'UNAVAILABLE')
    await refused(client.get('/a'), 'UNAVAILABLE')
    await served.startAgain()
    const patient = served.client()
    assert.equal((await patient.get('/a')).entry?.value, '1')
    await patient.transact(put('/a', '3'))
  })

  it('is served by one process at a time', async () => {
    await using served = await serving()
    await assert.rejects(serveStore(served.embedded, served.path), /Another process serves/)
  })

  it('ends the connection of one who says what is none of ours, and serves the others', async () => {
    await using served = await serving()
    const client = served.client()
    await client.transact(put('/a', '1'))
    const { connect } = await import('node:net')
    const { once } = await import('node:events')
    const stranger = connect(served.path)
    stranger.write('GET / HTTP/1.1\r\n\r\n')
    await once(stranger, 'close')
    assert.equal((await client.get('/a')).entry?.value, '1')
  })
})

describe('frames of JSON', () => {
  it('are put together from chunks of any size', () => {
    const messages = [{ a: 1 }, 'é🧵', [], { long: 'x'.repeat(5000) }]
    const bytes = Buffer.concat(messages.map(encodeFrame))
    for (const size of [1, 2, 3, 5, 7, 4999, bytes.length]) {
      const decoder = new FrameDecoder()
      const found: unknown[] = []
      for (let at = 0; at < bytes.length; at += size) found.push(...decoder.push(bytes.subarray(at, at + size)))
      assert.deepEqual(found, messages)
    }
  })
})

function put(key: string, value: string): Transaction {
  return { compares: [], success: [{ kind: 'put', key, value }] }
}

async function refused(promise: Promise<unknown>, code: StoreErrorCode): Promise<void> {
  await assert.rejects(promise, (error: Error) => 'code' in error && error.code === code)
}

function collect(store: MetadataStore, fromRevision: number) {
  const seen: EventBatch[] = []
  const compacted = Promise.withResolvers<number>()
  let wake = () => {}
  store.watch('/', fromRevision, {
    events: (batches) => {
      seen.push(...batches)
      wake()
    },
    compacted: compacted.resolve,
    ended: () => {},
  })
  return {
    seen,
    compacted: compacted.promise,
    has: (count: number) =>
      new Promise<void>((resolve) => {
        wake = () => {
          if (seen.length >= count) resolve()
        }
        wake()
      }),
  }
}
