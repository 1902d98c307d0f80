import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import type { Timers } from '../../host/clock.ts'
import { createNodeHost } from '../../host/node/node-host.ts'
import { type Entry, type EventBatch, StorePartedError } from '../store.ts'
import { EtcdProcess } from '../testing/etcd-process.ts'
import { EtcdHistory } from './etcd-history.ts'
import { EtcdStore } from './etcd-store.ts'

const hasEtcd = spawnSync('etcd', ['--version']).status === 0
const skip = hasEtcd ? false : 'etcd is not installed: apt-get install etcd-server'
const { timers } = createNodeHost()

/** A store that watches an etcd. */
class Scene implements AsyncDisposable {
  readonly etcd: EtcdProcess
  readonly store: EtcdStore
  readonly seen: EventBatch[] = []
  readonly ends: (Error | null)[] = []
  readonly compactions: number[] = []
  #news = () => {}
  /** What begins the watch again when its stream has ended; null until that is so. */
  #again: (() => void) | null = null

  private constructor(etcd: EtcdProcess) {
    this.etcd = etcd
    const held: Timers = {
      ...timers,
      after: (_ms, run) => {
        this.#again = run
        this.#news()
        return { cancel() {} }
      },
    }
    this.store = storeAt(etcd, held)
    this.store.watch('/', 1, {
      events: (batches) => {
        this.seen.push(...batches)
        this.#news()
      },
      compacted: (revision) => {
        this.compactions.push(revision)
        this.#news()
      },
      ended: (error) => {
        this.ends.push(error)
        this.#news()
      },
    })
  }

  /** Of an etcd that had `/a` when it was saved, and has `/b` and `/c` since: all that is known to the store. */
  static async begin(): Promise<Scene> {
    const etcd = await EtcdProcess.start()
    await write(etcd, '/a')
    await etcd.save()
    const scene = new Scene(etcd)
    await write(etcd, '/b', '/c')
    await scene.until(() => scene.seen.length === 3)
    return scene
  }

  /** Has the watch begin again, once its stream has ended. */
  async beginAgain(): Promise<void> {
    await this.until(() => this.#again !== null)
    this.#again!()
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo())
      await new Promise<void>((resolve) => {
        this.#news = resolve
      })
  }

  get keys(): string[] {
    return this.seen.flatMap(({ events }) => events.map(({ key }) => key))
  }

  async isRefused(): Promise<void> {
    const { store } = this
    const calls = [() => store.get('/a'), () => store.list('/'), () => store.grantLease(5000), () => put(store, '/d')]
    for (const call of calls) await assert.rejects(call, StorePartedError)
    assert.equal(this.ends.length, 1)
    assert.ok(this.ends[0] instanceof StorePartedError)
    assert.deepEqual(this.keys, ['/a', '/b', '/c'], 'nothing of the other is told of')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close()
    await this.etcd[Symbol.asyncDispose]()
  }
}

describe('an etcd that was given an older state again', { skip }, () => {
  it('is found out though it has come further since than what was known', async () => {
    await using scene = await Scene.begin()
    await scene.etcd.restore()
    await write(scene.etcd, '/c', '/x', '/y', '/c')
    await scene.beginAgain()
    await scene.until(() => scene.ends.length > 0 || scene.seen.length > 3)
    assert.match(String(scene.ends[0]), /revision 4 had written \/c, and has not now. Was a snapshot restored/)
    await scene.isRefused()
  })

  it('is found out where it has not come as far', async () => {
    await using scene = await Scene.begin()
    await scene.etcd.restore()
    await assert.rejects(scene.store.get('/a'), /it was at revision 4 and is at 2/)
    await scene.isRefused()
  })

  it('is found out by the watch alone where it has not come as far', async () => {
    await using scene = await Scene.begin()
    await scene.etcd.restore()
    await scene.beginAgain()
    await scene.until(() => scene.ends.length > 0)
    assert.match(String(scene.ends[0]), /revision 4 had written \/c, and is still to come now/)
    await scene.isRefused()
  })

  it('is found out by its cluster id where it was restored under a new token, also by the renewal of a lease', async () => {
    await using scene = await Scene.begin()
    await scene.etcd.replace(['--initial-cluster-token=another'])
    await assert.rejects(scene.store.keepAlive('1'), /its cluster id was \d+ and is \d+/)
    await scene.isRefused()
  })

  it('is none that was only started again, or has compacted what was known', async () => {
    await using scene = await Scene.begin()
    await scene.etcd.kill()
    await scene.etcd.startAgain()
    await scene.beginAgain()
    await write(scene.etcd, '/d')
    await scene.until(() => scene.seen.length === 4)
    assert.deepEqual(scene.keys, ['/a', '/b', '/c', '/d'])
    await scene.etcd.kill()
    await scene.etcd.startAgain()
    const revision = await write(scene.etcd, '/d', '/e')
    const other = storeAt(scene.etcd, timers)
    await other.compact(revision)
    await other.close()
    await scene.beginAgain()
    await scene.until(() => scene.compactions.length > 0)
    assert.deepEqual(scene.compactions, [revision])
    const { entries } = await scene.store.list('/')
    assert.equal(entries.length, 5)
    assert.deepEqual(scene.ends, [])
  })
})

describe('the newest entry that is known, beside how it is now', () => {
  const before: Entry = { key: '/t', value: 'v', createRevision: 3, modRevision: 9, version: 4, lease: null }
  const problemOf = (now: Partial<Entry> | null) => {
    const history = new EtcdHistory('etcd', () => {})
    history.listed(now && { ...before, ...now }, before)
    return history.problem
  }

  it('is the same, was written again, made again or deleted', () => {
    assert.equal(problemOf({}), null)
    assert.equal(problemOf({ modRevision: 10, version: 5 }), null)
    assert.equal(problemOf({ createRevision: 11, modRevision: 11, version: 1 }), null)
    assert.equal(problemOf(null), null)
  })

  it('was never written as it was known where it is older, as often written, or made at another time', () => {
    for (const now of [
      { modRevision: 8, version: 3 },
      { value: 'w' },
      { lease: '7' },
      { modRevision: 12, version: 4 },
      { createRevision: 4, modRevision: 12, version: 5 },
    ])
      assert.match(String(problemOf(now)), /Was a snapshot restored/, JSON.stringify(now))
  })
})

function storeAt(etcd: EtcdProcess, timers: Timers): EtcdStore {
  const tls = { ca: null, cert: null, key: null }
  const address = { endpoints: [etcd.endpoint], namespace: '', credentials: null, tls }
  return new EtcdStore({ address, timers, requestTimeoutMs: 20_000 })
}

async function put(store: EtcdStore, key: string): Promise<{ readonly revision: number }> {
  return await store.transact({ compares: [], success: [{ kind: 'put', key, value: 'v' }] })
}

/** Writes these keys, by somebody who knows nothing of what was before; the revision after it. */
async function write(etcd: EtcdProcess, ...keys: string[]): Promise<number> {
  const store = storeAt(etcd, timers)
  let last = 0
  for (const key of keys) last = (await put(store, key)).revision
  await store.close()
  return last
}
