/** What every MetadataStore must do, as tests: the embedded one runs them, and so will any other. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { EventBatch, MetadataStore, Operation, StoreErrorCode, Transaction } from '../store.ts'
import { transactionBytesMax, transactionOperationsMax } from '../store.ts'

/** A fresh, empty store and the power over its surroundings. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly store: MetadataStore
  /** The shortest lease that can be told from none on this machine. */
  readonly leaseMs: number
  /** Lets things go on until `promise` settles. */
  until<T>(promise: Promise<T>): Promise<T>
  /** Lets time pass. */
  pass(ms: number): Promise<void>
  /** Makes the store forget its history before `revision`. */
  compact(revision: number): Promise<void>
}

export function metadataStoreContract(name: string, open: () => Promise<StoreUnderTest>): void {
  const story = (title: string, run: (test: StoreUnderTest) => Promise<void>) =>
    it(title, async () => {
      await using test = await open()
      await run(test)
    })

  describe(`the metadata store contract: ${name}`, () => {
    story('begins empty', async ({ store, until }) => {
      const { revision, entries } = await until(store.list(''))
      assert.deepEqual(entries, [])
      assert.deepEqual(await until(store.get('/a')), { revision, entry: null })
    })

    story('remembers who made a key, who changed it, and how often', async ({ store, until }) => {
      const made = await until(store.transact(put('/a', '1')))
      const other = await until(store.transact(put('/b', 'x')))
      const changed = await until(store.transact(put('/a', '2')))
      assert.equal(made.succeeded, true)
      assert.equal(other.revision, made.revision + 1)
      assert.equal(changed.revision, made.revision + 2)
      assert.deepEqual(await until(store.get('/a')), {
        revision: changed.revision,
        entry: {
          key: '/a',
          value: '2',
          createRevision: made.revision,
          modRevision: changed.revision,
          version: 2,
          lease: null,
        },
      })
    })

    story('makes a key anew after it was deleted', async ({ store, until }) => {
      await until(store.transact(put('/a', '1')))
      const deleted = await until(store.transact(remove('/a')))
      assert.deepEqual(await until(store.get('/a')), { revision: deleted.revision, entry: null })
      const again = await until(store.transact(put('/a', '2')))
      const { entry } = await until(store.get('/a'))
      assert.equal(entry?.createRevision, again.revision)
      assert.equal(entry?.version, 1)
    })

    story('lists by prefix, in the order of the keys', async ({ store, until }) => {
      for (const key of ['/t/b', '/t/a', '/u', '/t', '/t/a/x']) await until(store.transact(put(key, key)))
      const last = await until(store.transact(remove('/t/b')))
      const { revision, entries } = await until(store.list('/t/'))
      assert.equal(revision, last.revision)
      assert.deepEqual(
        entries.map((entry) => [entry.key, entry.value]),
        [
          ['/t/a', '/t/a'],
          ['/t/a/x', '/t/a/x'],
        ],
      )
    })

    story('keeps values as they are', async ({ store, until }) => {
      const values = ['', ' ', '{"a":"Gregor Samsa – Odradek 🧵"}', '\u0000\n', 'x'.repeat(1_000_000)]
      for (const [index, value] of values.entries()) await until(store.transact(put(`/v/é${index}`, value)))
      const { entries } = await until(store.list('/v/'))
      assert.deepEqual(
        entries.map((entry) => entry.value),
        values,
      )
      assert.equal(entries[0]?.key, '/v/é0')
    })

    story('does one branch or the other, by creation and modification revisions', async ({ store, until }) => {
      const absent: Transaction = {
        compares: [{ key: '/a', target: 'createRevision', revision: 0 }],
        success: [{ kind: 'put', key: '/a', value: 'first' }],
        failure: [{ kind: 'put', key: '/lost', value: 'yes' }],
      }
      const first = await until(store.transact(absent))
      const second = await until(store.transact(absent))
      assert.deepEqual([first.succeeded, second.succeeded], [true, false])
      assert.equal((await until(store.get('/a'))).entry?.value, 'first')
      assert.equal((await until(store.get('/lost'))).entry?.value, 'yes')

      const changed = await until(store.transact(put('/a', 'second')))
      const compare = async (target: 'createRevision' | 'modRevision', revision: number) =>
        (await until(store.transact({ compares: [{ key: '/a', target, revision }], success: [] }))).succeeded
      assert.equal(await compare('createRevision', first.revision), true)
      assert.equal(await compare('createRevision', changed.revision), false)
      assert.equal(await compare('modRevision', changed.revision), true)
      assert.equal(await compare('modRevision', first.revision), false)
    })

    story('does nothing unless every comparison holds', async ({ store, until }) => {
      const made = await until(store.transact(put('/a', '1')))
      const result = await until(
        store.transact({
          compares: [
            { key: '/a', target: 'modRevision', revision: made.revision },
            { key: '/b', target: 'createRevision', revision: 1 },
          ],
          success: [{ kind: 'delete', key: '/a' }],
        }),
      )
      assert.deepEqual(result, { succeeded: false, revision: made.revision, entries: [] })
      assert.equal((await until(store.get('/a'))).entry?.value, '1')
    })

    story('gives all writes of a transaction one revision, and none to what changes nothing', async (test) => {
      const { store, until } = test
      const both = await until(
        store.transact({
          compares: [],
          success: [
            { kind: 'put', key: '/a', value: '1' },
            { kind: 'put', key: '/b', value: '2' },
            { kind: 'delete', key: '/c' },
          ],
        }),
      )
      const { entries } = await until(store.list('/'))
      assert.deepEqual(
        entries.map((entry) => entry.modRevision),
        [both.revision, both.revision],
      )
      assert.equal((await until(store.transact(remove('/c')))).revision, both.revision)
      assert.equal((await until(store.transact({ compares: [], success: [] }))).revision, both.revision)
      const read = await until(store.transact({ compares: [], success: [{ kind: 'get', key: '/a' }] }))
      assert.equal(read.revision, both.revision)
    })

    story('reads within a transaction', async ({ store, until }) => {
      await until(store.transact(put('/a', '1')))
      const success: Operation[] = [
        { kind: 'get', key: '/a' },
        { kind: 'get', key: '/none' },
        { kind: 'put', key: '/a', value: '2' },
      ]
      const { entries } = await until(store.transact({ compares: [], success }))
      assert.deepEqual(
        entries.map((entry) => entry?.value ?? null),
        ['1', null],
      )
      const compares = [{ key: '/a', target: 'createRevision' as const, revision: 0 }]
      const failed = await until(store.transact({ compares, success: [], failure: [{ kind: 'get', key: '/a' }] }))
      assert.equal(failed.succeeded, false)
      assert.equal(failed.entries[0]?.value, '2')
    })

    story('refuses what etcd refuses, and stores nothing of it', async ({ store, until }) => {
      const puts = (count: number): Operation[] =>
        Array.from({ length: count }, (_, index) => ({ kind: 'put', key: `/k/${index}`, value: 'v' }))
      const tooMany = { compares: [], success: puts(transactionOperationsMax + 1) }
      await refused(until(store.transact(tooMany)), 'TOO_MANY_OPERATIONS')
      const twice = { compares: [], success: [...puts(2), { kind: 'delete' as const, key: '/k/1' }] }
      await refused(until(store.transact(twice)), 'DUPLICATE_KEY')
      await refused(until(store.transact(put('/k/large', 'é'.repeat(transactionBytesMax / 2)))), 'TOO_LARGE')
      assert.deepEqual((await until(store.list('/'))).entries, [])
      const most = await until(store.transact({ compares: [], success: puts(transactionOperationsMax) }))
      assert.equal(most.succeeded, true)
    })

    story('lets exactly one of many be first', async ({ store, until }) => {
      const candidates = Array.from({ length: 12 }, (_, id) =>
        store.transact({
          compares: [{ key: '/leader', target: 'createRevision', revision: 0 }],
          success: [{ kind: 'put', key: '/leader', value: String(id) }],
          failure: [{ kind: 'get', key: '/leader' }],
        }),
      )
      const results = await until(Promise.all(candidates))
      const winners = results.flatMap((result, id) => (result.succeeded ? [id] : []))
      assert.equal(winners.length, 1)
      assert.equal((await until(store.get('/leader'))).entry?.value, String(winners[0]))
      for (const result of results) if (!result.succeeded) assert.equal(result.entries[0]?.value, String(winners[0]))
    })

    story('loses no update of many that compare and set', async ({ store, until }) => {
      const increment = async () => {
        for (;;) {
          const { entry } = await store.get('/counter')
          const result = await store.transact({
            compares: [{ key: '/counter', target: 'modRevision', revision: entry?.modRevision ?? 0 }],
            success: [{ kind: 'put', key: '/counter', value: String(Number(entry?.value ?? 0) + 1) }],
          })
          if (result.succeeded) return
        }
      }
      await until(Promise.all(Array.from({ length: 15 }, increment)))
      assert.equal((await until(store.get('/counter'))).entry?.value, '15')
    })

    story('tells what happened since a revision and what happens then, in order', async ({ store, until }) => {
      await until(store.transact(put('/w/a', '1')))
      const second = await until(store.transact(put('/w/b', '2')))
      await until(store.transact(put('/other', 'x')))
      const third = await until(
        store.transact({
          compares: [],
          success: [
            { kind: 'put', key: '/w/b', value: '3' },
            { kind: 'delete', key: '/w/a' },
            { kind: 'put', key: '/other', value: 'y' },
          ],
        }),
      )
      const watcher = watching(store, '/w/', second.revision)
      assert.equal(watcher.seen.length, 0, 'nothing is told before watch returns')
      await until(watcher.has(2))
      const fourth = await until(store.transact(put('/w/a', '4')))
      await until(watcher.has(3))
      assert.deepEqual(watcher.seen.map(brief), [
        [second.revision, '/w/b=2'],
        [third.revision, '/w/b=3', '/w/a'],
        [fourth.revision, '/w/a=4'],
      ])
      const told = watcher.seen[2]!.events[0]
      assert.deepEqual(told?.kind === 'put' && told.entry, (await until(store.get('/w/a'))).entry)
    })

    story('tells only what can be read', async ({ store, until }) => {
      const reads: Promise<boolean>[] = []
      const all = Promise.withResolvers<void>()
      store.watch('/', 1, {
        events: (batches) => {
          for (const { revision } of batches) reads.push(store.get('/a').then((read) => read.revision >= revision))
          if (reads.length === 5) all.resolve()
        },
        compacted: () => assert.fail('the history is complete'),
        ended: () => {},
      })
      for (let i = 0; i < 5; i++) await until(store.transact(put('/a', String(i))))
      await until(all.promise)
      assert.deepEqual(await until(Promise.all(reads)), [true, true, true, true, true])
    })

    story('tells nothing after a watch is closed', async ({ store, until }) => {
      const closed = watching(store, '/', 1)
      const open = watching(store, '/', 1)
      await until(store.transact(put('/a', '1')))
      await until(closed.has(1))
      closed.close()
      await until(store.transact(put('/a', '2')))
      await until(open.has(2))
      assert.equal(closed.seen.length, 1)
    })

    story('says when the history is gone, so that a watcher can list and go on', async (test) => {
      const { store, until } = test
      const first = await until(store.transact(put('/a', '1')))
      await until(store.transact(put('/a', '2')))
      const third = await until(store.transact(put('/a', '3')))
      await until(test.compact(third.revision))
      const late = watching(store, '/', first.revision)
      assert.equal(await until(late.compacted), third.revision)
      assert.equal(late.seen.length, 0)
      const inTime = watching(store, '/', third.revision)
      await until(inTime.has(1))
      const { revision } = await until(store.list('/'))
      const next = watching(store, '/', revision + 1)
      const fourth = await until(store.transact(put('/a', '4')))
      await until(next.has(1))
      assert.deepEqual(next.seen.map(brief), [[fourth.revision, '/a=4']])
    })

    story('deletes the keys of a lease in one revision when its time is up', async (test) => {
      const { store, until, leaseMs } = test
      const lease = await until(store.grantLease(leaseMs))
      const made = await until(
        store.transact({
          compares: [],
          success: [
            { kind: 'put', key: '/b/1', value: '1', lease },
            { kind: 'put', key: '/b/2', value: '2', lease },
            { kind: 'put', key: '/b/3', value: '3' },
          ],
        }),
      )
      assert.equal((await until(store.get('/b/1'))).entry?.lease, lease)
      const watcher = watching(store, '/b/', made.revision + 1)
      await until(watcher.has(1))
      const [, ...keys] = brief(watcher.seen[0]!)
      assert.deepEqual(keys.sort(), ['/b/1', '/b/2'])
      const { entries } = await until(store.list('/'))
      assert.deepEqual(
        entries.map((entry) => entry.key),
        ['/b/3'],
      )
      assert.equal(await until(store.keepAlive(lease)), false)
      const late: Transaction = { compares: [], success: [{ kind: 'put', key: '/b/4', value: '4', lease }] }
      await refused(until(store.transact(late)), 'LEASE_NOT_FOUND')
    })

    story('keeps a lease while it is kept alive', async ({ store, until, pass, leaseMs }) => {
      const lease = await until(store.grantLease(leaseMs))
      await until(store.transact({ compares: [], success: [{ kind: 'put', key: '/b', value: '1', lease }] }))
      await pass(leaseMs * 0.6)
      assert.equal(await until(store.keepAlive(lease)), true)
      await pass(leaseMs * 0.6)
      const { revision, entry } = await until(store.get('/b'))
      assert.equal(entry?.value, '1')
      const watcher = watching(store, '/b', revision + 1)
      await until(watcher.has(1))
      assert.deepEqual(brief(watcher.seen[0]!).slice(1), ['/b'])
    })

    story('ends a lease at once when it is revoked', async ({ store, until }) => {
      const lease = await until(store.grantLease(3_600_000))
      await until(store.transact({ compares: [], success: [{ kind: 'put', key: '/b', value: '1', lease }] }))
      await until(store.revoke(lease))
      assert.equal((await until(store.get('/b'))).entry, null)
      assert.equal(await until(store.keepAlive(lease)), false)
      await until(store.revoke(lease))
    })

    story('frees a key from its lease by a later write', async ({ store, until }) => {
      const [first, second] = await until(Promise.all([store.grantLease(3_600_000), store.grantLease(3_600_000)]))
      const success: Operation[] = ['/free', '/moved', '/kept'].map((key) => ({
        kind: 'put',
        key,
        value: '',
        lease: first,
      }))
      await until(store.transact({ compares: [], success }))
      await until(store.transact(put('/free', 'now')))
      await until(store.transact({ compares: [], success: [{ kind: 'put', key: '/moved', value: '', lease: second }] }))
      await until(store.revoke(first))
      const keys = async () => (await until(store.list('/'))).entries.map((entry) => entry.key)
      assert.deepEqual(await keys(), ['/free', '/moved'])
      await until(store.revoke(second))
      assert.deepEqual(await keys(), ['/free'])
    })

    story('does what was asked before it was closed, and nothing after', async ({ store, until }) => {
      // From now on: what a store that others use knew before may be compacted away.
      const { revision } = await until(store.list('/'))
      const watcher = watching(store, '/', revision + 1)
      const pending = store.transact(put('/a', '1'))
      await until(store.close())
      assert.equal((await pending).succeeded, true)
      await until(watcher.ended)
      await refused(until(store.transact(put('/a', '2'))), 'CLOSED')
      await refused(until(store.get('/a')), 'CLOSED')
      await until(store.close())
    })
  })
}

function put(key: string, value: string): Transaction {
  return { compares: [], success: [{ kind: 'put', key, value }] }
}

function remove(key: string): Transaction {
  return { compares: [], success: [{ kind: 'delete', key }] }
}

async function refused(promise: Promise<unknown>, code: StoreErrorCode): Promise<void> {
  await assert.rejects(promise, (error: Error) => 'code' in error && error.code === code)
}

/** The revision, then `key=value` for a put and the key alone for a deletion. */
function brief(batch: EventBatch): [number, ...string[]] {
  return [
    batch.revision,
    ...batch.events.map((event) => (event.kind === 'put' ? `${event.key}=${event.entry.value}` : event.key)),
  ]
}

/** Collects what a watch tells. */
function watching(store: MetadataStore, prefix: string, fromRevision: number) {
  const seen: EventBatch[] = []
  const waits: { count: number; resolve: () => void }[] = []
  const compacted = Promise.withResolvers<number>()
  const ended = Promise.withResolvers<Error | null>()
  const watch = store.watch(prefix, fromRevision, {
    events: (batches) => {
      seen.push(...batches)
      for (const wait of waits) if (seen.length >= wait.count) wait.resolve()
    },
    compacted: compacted.resolve,
    ended: ended.resolve,
  })
  const has = (count: number) =>
    new Promise<void>((resolve) => {
      if (seen.length >= count) resolve()
      else waits.push({ count, resolve })
    })
  return { seen, has, compacted: compacted.promise, ended: ended.promise, close: () => watch.close() }
}
