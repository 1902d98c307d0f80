import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSimHost, type SimHost } from '../host/sim/index.ts'
import { machines } from '../host/testing/machines.ts'
import { EmbeddedStore, type EmbeddedStoreOptions } from './embedded-store.ts'
import type { StoreErrorCode, Transaction } from './store.ts'
import { metadataStoreContract } from './testing/store-contract.ts'

for (const { name, open } of machines) {
  metadataStoreContract(`embedded, on the ${name} host`, async () => {
    const machine = open()
    const { disk, clock, timers } = machine.host
    const store = EmbeddedStore.open({ disk, clock, timers, directory: `${machine.directory}/metadata` })
    return {
      store,
      leaseMs: name === 'sim' ? 50 : 500,
      until: machine.until,
      pass: (ms) => machine.until(new Promise((resolve) => void timers.after(ms, resolve))),
      compact: async (revision) => store.compact(revision),
      async [Symbol.asyncDispose]() {
        await machine.until(store.close())
        await machine[Symbol.asyncDispose]()
      },
    }
  })
}

describe('the embedded store', () => {
  it('finds all again after it was closed: values, revisions, versions', async () => {
    const host = startHost(1)
    const store = openStore(host)
    await host.world.complete(store.transact(put('/a', '1')))
    await host.world.complete(store.transact(put('/b', 'x')))
    await host.world.complete(store.transact(put('/a', '2')))
    await host.world.complete(store.transact({ compares: [], success: [{ kind: 'delete', key: '/b' }] }))
    const before = await store.list('')
    await store.close()
    const again = openStore(host)
    assert.deepEqual(await again.list(''), before)
    assert.equal(before.revision, 4)
  })

  it('drops keys with a lease when it is opened: their process is gone', async () => {
    const host = startHost(1)
    const store = openStore(host)
    const lease = await store.grantLease(1000)
    await host.world.complete(store.transact(put('/kept', '1')))
    await host.world.complete(
      store.transact({ compares: [], success: [{ kind: 'put', key: '/gone', value: '', lease }] }),
    )
    await store.close()
    for (let i = 0; i < 2; i++) {
      const again = openStore(host)
      const { revision, entries } = await again.list('')
      assert.equal(revision, 3)
      assert.deepEqual(
        entries.map(({ key }) => key),
        ['/kept'],
      )
      await again.close()
    }
    const third = openStore(host)
    await host.world.complete(third.transact(put('/gone', 'new')))
    await third.close()
    const { entries } = await openStore(host).list('/gone')
    assert.equal(entries[0]?.createRevision, 4)
    assert.equal(entries[0]?.lease, null)
  })

  it('writes nothing until there is something to keep', async () => {
    const host = startHost(1)
    await openStore(host).close()
    assert.equal(host.disk.exists('/data/metadata'), false)
  })

  it('shares one sync among transactions that come together', async () => {
    const host = startHost(1)
    const store = openStore(host)
    await host.world.complete(store.transact(put('/first', '')))
    const calls = host.disk.calls
    const many = Array.from({ length: 200 }, (_, index) => store.transact(put(`/k/${index}`, '')))
    const results = await host.world.complete(Promise.all(many))
    assert.deepEqual(
      results.map(({ revision }) => revision),
      Array.from({ length: 200 }, (_, index) => index + 2),
    )
    assert.equal(host.disk.calls - calls, 2, 'one write, one sync')
  })

  it('replaces a long journal by a snapshot and goes on', async () => {
    const host = startHost(1)
    const store = openStore(host, { journalBytesMax: 10_000 })
    for (let i = 0; i < 300; i++) await host.world.complete(store.transact(put(`/k/${i % 5}`, 'v'.repeat(100 + i))))
    assert.ok(store.journalSizeInBytes < 20_000, `${store.journalSizeInBytes} bytes`)
    const before = await store.list('')
    await store.close()
    const again = openStore(host, { journalBytesMax: 10_000 })
    assert.deepEqual(await again.list(''), before)
    assert.equal(before.entries[0]?.version, 60)
  })

  it('goes on with the long journal where the disk, or a quota, has no room for a snapshot', async () => {
    for (const code of ['ENOSPC', 'EDQUOT']) {
      const host = startHost(1)
      const store = openStore(host, { journalBytesMax: 1000 })
      let refusals = 0
      store.watch('/', 1, {
        events: () => {
          // Told after the write of the change and before that of the snapshot.
          if (store.journalSizeInBytes > 1000 && refusals++ === 0) host.disk.failNext('write', code)
        },
        compacted: () => {},
        ended: () => {},
      })
      for (let i = 0; i < 100; i++) await host.world.complete(store.transact(put('/a', `${i}`.padStart(200))))
      assert.ok(refusals > 0)
      assert.ok(store.journalSizeInBytes < 3000, `${store.journalSizeInBytes} bytes: a later snapshot came about`)
      await store.close()
      assert.equal((await openStore(host).get('/a')).entry?.version, 100)
    }
  })

  it('ends where the name of a snapshot cannot be made durable: what came after it could be lost with it', async () => {
    for (const code of ['ENOSPC', 'EDQUOT', 'EIO']) {
      const host = startHost(1)
      const store = openStore(host, { journalBytesMax: 1000 })
      let failures = 0
      store.watch('/', 1, {
        events: () => {
          // Told after the write of the change and before that of the snapshot.
          if (store.journalSizeInBytes > 1000 && failures++ === 0) host.disk.failNext('syncDirectory', code)
        },
        compacted: () => {},
        ended: () => {},
      })
      let acknowledged = 0
      const writes = async () => {
        for (; acknowledged < 100; acknowledged++) await store.transact(put('/a', `${acknowledged + 1}`.padStart(200)))
      }
      await assert.rejects(host.world.complete(writes()), /cannot be written/)
      assert.ok(failures > 0 && acknowledged > 0, `${acknowledged} acknowledged`)
      await store.close()
      assert.equal((await openStore(host).get('/a')).entry?.version, acknowledged)
    }
  })

  it('refuses a change on a full disk, and takes it when there is room', async () => {
    const host = startHost(1)
    const store = openStore(host)
    await host.world.complete(store.transact(put('/a', '1')))
    host.disk.failNext('write', 'ENOSPC')
    await refused(host.world.complete(store.transact(put('/a', '2'))), 'NOT_WRITTEN')
    assert.equal((await store.get('/a')).entry?.value, '1')
    await host.world.complete(store.transact(put('/a', '3')))
    await store.close()
    assert.equal((await openStore(host).get('/a')).entry?.value, '3')
  })

  it('renews no lease whose end is on its way to the disk', async () => {
    const host = startHost(1)
    const store = openStore(host)
    const lease = await store.grantLease(1_000)
    await host.world.complete(store.transact({ compares: [], success: [{ kind: 'put', key: '/a', value: '', lease }] }))
    // What is written before it takes the disk for itself.
    const others = store.transact(put('/b', '1'))
    await Promise.resolve()
    const ended = store.revoke(lease)
    assert.notEqual((await store.get('/a')).entry, null)
    assert.equal(await store.keepAlive(lease), false)
    await host.world.complete(Promise.all([others, ended]))
    assert.equal((await store.get('/a')).entry, null)
  })

  it('deletes the keys of a lease that ended while the disk was full', async () => {
    const host = startHost(1)
    const store = openStore(host)
    const lease = await store.grantLease(3_600_000)
    await host.world.complete(store.transact({ compares: [], success: [{ kind: 'put', key: '/a', value: '', lease }] }))
    host.disk.failNext('write', 'ENOSPC', 2)
    await refused(host.world.complete(store.revoke(lease)), 'NOT_WRITTEN')
    await host.world.runFor(5000)
    assert.equal((await store.get('/a')).entry, null)
  })

  it('ends at the first sync that fails, and never tries it again', async () => {
    const host = startHost(1)
    const store = openStore(host)
    await host.world.complete(store.transact(put('/a', '1')))
    const ended = Promise.withResolvers<Error | null>()
    store.watch('/', 2, { events: () => assert.fail('not durable'), compacted: () => {}, ended: ended.resolve })
    host.disk.failNext('sync', 'EIO')
    const next = store.transact(put('/a', '2'))
    await refused(host.world.complete(next), 'FAILED')
    assert.equal((await ended.promise)?.message.includes('EIO'), true)
    await refused(store.transact(put('/a', '3')), 'FAILED')
    await refused(store.get('/a'), 'FAILED')
    await store.close()
  })

  it('does not lose to a power failure what it showed after a failed sync and a restart', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const host = startHost(seed)
      const store = openStore(host)
      await host.world.complete(store.transact(put('/a', '1')))
      host.disk.failNext('sync', 'EIO')
      await refused(host.world.complete(store.transact(put('/a', '2'))), 'FAILED')
      host.crash('process')
      const restarted = host.reboot()
      const shown = (await openStore(restarted).get('/a')).entry?.value
      restarted.crash('power')
      assert.equal((await openStore(restarted.reboot()).get('/a')).entry?.value, shown, `seed ${seed}`)
    }
  })

  it('refuses to open a journal that is damaged before its end', async () => {
    const host = startHost(1)
    const store = openStore(host)
    for (let i = 0; i < 3; i++) await host.world.complete(store.transact(put(`/k/${i}`, 'value')))
    await store.close()
    const journal = host.disk.readFile('/data/metadata/journal')!
    for (const at of [4, 8, 20, journal.length / 2]) {
      const damaged = Buffer.from(journal)
      damaged[Math.floor(at)]! ^= 1
      host.disk.replaceFile('/data/metadata/journal', damaged)
      assert.throws(() => openStore(host), /damaged at byte \d+, before its end/)
    }
    const torn = journal.subarray(0, journal.length - 3)
    host.disk.replaceFile('/data/metadata/journal', torn)
    assert.equal((await openStore(host).list('')).revision, 2)
  })

  it('refuses to begin anew where a journal was: missing, empty, not one frame; and leaves the file as it is', async () => {
    const host = startHost(1)
    const open = () => {
      const { disk, clock, timers } = host
      return EmbeddedStore.open({ disk, clock, timers, directory: '/data/metadata', isExpected: true })
    }
    assert.throws(open, { name: 'JournalError', message: /is missing/ })
    const store = openStore(host)
    await host.world.complete(store.transact(put('/a', '1')))
    await store.close()
    host.disk.replaceFile('/data/metadata/journal', Buffer.alloc(0))
    assert.throws(open, { name: 'JournalError', message: /is empty/ })
    const garbage = Buffer.from('no frame at all')
    host.disk.replaceFile('/data/metadata/journal', garbage)
    assert.throws(open, { name: 'JournalError', message: /cannot be read/ })
    assert.deepEqual(host.disk.readFile('/data/metadata/journal'), garbage)
  })
})

describe('the embedded store and a crash at every system call', () => {
  it('keeps what it acknowledged, and of the rest a beginning', async () => {
    let crashes = 0
    for (let seed = 1; seed <= 5; seed++) {
      for (let call = 1; ; call++) {
        const host = startHost(seed * 1000 + call)
        host.disk.crashAt(host.disk.calls + call)
        const life = await live(host, 0)
        if (host.alive) break
        crashes += 1
        await checkNextLife(host.reboot(), life, `seed ${host.world.seed}, call ${call}`)
      }
    }
    assert.ok(crashes > 100, `${crashes} crashes`)
  })

  it('also when the recovery itself crashes', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      let host = startHost(seed)
      host.disk.crashAt(host.disk.calls + 4 + (seed % 20))
      const life = await live(host, 0)
      assert.equal(host.alive, false)
      for (let call = 1; call <= 8; call++) {
        host = host.reboot()
        host.disk.crashAt(call)
        try {
          openStore(host)
        } catch {
          // It died; the next life tries again.
        }
      }
      await checkNextLife(host.reboot(), life, `seed ${seed}`)
    }
  })

  it('keeps what a life showed that followed a kill, when the power fails then', async () => {
    let shownUnacknowledged = 0
    for (let seed = 1; seed <= 60; seed++) {
      const host = startHost(seed)
      host.timers.after(host.random.below(80) / 10, () => host.crash('process'))
      const life = await live(host, 0)
      host.crash('process')
      const next = host.reboot()
      const { revision } = await openStore(next).list('')
      if (revision > life.acknowledged) shownUnacknowledged += 1
      next.crash('power')
      const shown = { issued: life.issued, acknowledged: Math.max(life.acknowledged, revision) }
      await checkNextLife(next.reboot(), shown, `seed ${seed}`)
    }
    assert.ok(shownUnacknowledged > 5, `${shownUnacknowledged} times`)
  })
})

interface Life {
  /** Transactions that were asked for, numbered from the first of all lives. */
  issued: number
  acknowledged: number
}

/**
 * A life of the store from state `from` on: transactions one by one and in groups, through several snapshots, until all
 * is done or the machine is dead. Transaction n writes n to /last, one of seven keys, and deletes another.
 */
async function live(host: SimHost, from: number): Promise<Life> {
  const life = { issued: from, acknowledged: from }
  try {
    const store = openStore(host, { journalBytesMax: 1500 })
    for (const groupSize of [1, 1, 3, 1, 5, 1, 1, 4, 2]) {
      const group = Array.from({ length: groupSize }, () => {
        life.issued += 1
        const number = life.issued
        return store.transact(transactionNumber(number)).then(() => {
          life.acknowledged = Math.max(life.acknowledged, number)
        })
      })
      let settled = false
      const all = Promise.all(group).finally(() => {
        settled = true
      })
      all.catch(() => {})
      await host.world.runUntil(() => settled || !host.alive)
      if (!host.alive) return life
      await all
    }
  } catch (error) {
    if (host.alive) throw error
  }
  return life
}

async function checkNextLife(host: SimHost, { issued, acknowledged }: Life, where: string): Promise<void> {
  const store = openStore(host)
  const { revision, entries } = await store.list('')
  assert.ok(revision >= acknowledged, `${where}: ${acknowledged} were acknowledged, ${revision} are there`)
  assert.ok(revision <= issued, `${where}: ${issued} were asked for, ${revision} are there`)
  const found = new Map(entries.map((entry) => [entry.key, entry.value]))
  assert.deepEqual(found, stateAfter(revision), where)
  await store.close()
  const next = await live(host, revision)
  assert.equal(next.acknowledged, next.issued, `${where}: the next life goes on`)
}

function transactionNumber(number: number): Transaction {
  return {
    compares: [{ key: '/last', target: 'modRevision', revision: number - 1 }],
    success: [
      { kind: 'put', key: '/last', value: String(number) },
      { kind: 'put', key: `/k/${number % 7}`, value: `${number} `.repeat(20) },
      { kind: 'delete', key: `/k/${(number + 3) % 7}` },
    ],
  }
}

function stateAfter(count: number): Map<string, string> {
  const state = new Map<string, string>()
  for (let number = 1; number <= count; number++) {
    for (const operation of transactionNumber(number).success) {
      if (operation.kind === 'put') state.set(operation.key, operation.value)
      else state.delete(operation.key)
    }
  }
  return new Map([...state].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function startHost(seed: number): SimHost {
  const host = createSimHost(seed)
  host.disk.makeDirectory('/data')
  host.disk.syncDirectory('/')
  return host
}

function openStore(host: SimHost, options: Partial<EmbeddedStoreOptions> = {}): EmbeddedStore {
  const { disk, clock, timers } = host
  return EmbeddedStore.open({ disk, clock, timers, directory: '/data/metadata', ...options })
}

function put(key: string, value: string): Transaction {
  return { compares: [], success: [{ kind: 'put', key, value }] }
}

async function refused(promise: Promise<unknown>, code: StoreErrorCode): Promise<void> {
  await assert.rejects(promise, (error: Error) => 'code' in error && error.code === code)
}
