/** Several members of etcd, of which one is lost: what brokers notice of it. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createNodeHost } from '../../host/node/node-host.ts'
import { StoreError } from '../store.ts'
import { EtcdProcess } from '../testing/etcd-process.ts'
import { EtcdStore } from './etcd-store.ts'

const hasEtcd = spawnSync('etcd', ['--version']).status === 0
const skip = hasEtcd ? false : 'etcd is not installed: apt-get install etcd-server'
const KEY = '/odradek/counter'
/** Far beyond what an election takes. */
const GIVE_UP_MS = 60_000

interface Status {
  readonly header: { readonly member_id: string }
  readonly leader: string
}

async function statusOf({ endpoint }: EtcdProcess): Promise<Status> {
  const answer = await fetch(`${endpoint}/v3/maintenance/status`, { method: 'POST', body: '{}' })
  return (await answer.json()) as Status
}

async function leaderOf(members: readonly EtcdProcess[]): Promise<EtcdProcess> {
  for (const until = performance.now() + GIVE_UP_MS; ; await sleep(50)) {
    for (const member of members) {
      const { header, leader } = await statusOf(member)
      if (leader === header.member_id) return member
    }
    assert.ok(performance.now() < until, 'no member of etcd leads')
  }
}

it('go on without the leader of etcd: writes, watches and leases', { skip }, async () => {
  const members = await EtcdProcess.startMembers(3)
  const { timers } = createNodeHost()
  const address = {
    endpoints: members.map(({ endpoint }) => endpoint),
    namespace: '',
    credentials: null,
    tls: { ca: null, cert: null, key: null },
  }
  const store = new EtcdStore({ address, timers, requestTimeoutMs: 5_000 })
  const seen: number[] = []
  let waiting: { count: number; resolve: () => void } | null = null
  const watch = store.watch('/odradek/', 1, {
    events(batches) {
      for (const { events } of batches)
        for (const event of events) if (event.kind === 'put') seen.push(Number(event.entry.value))
      if (waiting !== null && seen.length >= waiting.count) waiting.resolve()
    },
    compacted: () => assert.fail('compacted'),
    ended: (error) => assert.equal(error, null),
  })
  /** Counts on by compare-and-set. Of an attempt without an answer nobody knows whether it was made: it is read. */
  const countOn = async (): Promise<void> => {
    for (const until = performance.now() + GIVE_UP_MS; ; await sleep(20)) {
      try {
        const { entry } = await store.get(KEY)
        const value = entry === null ? 0 : Number(entry.value)
        const { succeeded } = await store.transact({
          compares: [{ key: KEY, target: 'modRevision', revision: entry?.modRevision ?? 0 }],
          success: [{ kind: 'put', key: KEY, value: String(value + 1) }],
        })
        if (succeeded) return
      } catch (error) {
        if (!(error instanceof StoreError && error.code === 'UNAVAILABLE')) throw error
        assert.ok(performance.now() < until, error.message)
      }
    }
  }
  try {
    const lease = await store.grantLease(60_000)
    for (let i = 0; i < 5; i++) await countOn()
    await (await leaderOf(members)).kill()
    for (let i = 0; i < 5; i++) await countOn()
    for (const until = performance.now() + GIVE_UP_MS; ; await sleep(50)) {
      const isKept = await store.keepAlive(lease).catch(() => null)
      assert.notEqual(isKept, false, 'the lease was lost with the leader')
      if (isKept) break
      assert.ok(performance.now() < until, 'nobody renews the lease')
    }
    const { entry } = await store.get(KEY)
    const count = Number(entry!.value)
    if (seen.length < count) {
      const timer = AbortSignal.timeout(GIVE_UP_MS)
      await new Promise<void>((resolve, reject) => {
        waiting = { count, resolve }
        timer.addEventListener('abort', () =>
          reject(new Error(`the watch told of ${seen.join()}, not of all ${count}`)),
        )
        if (seen.length >= count) resolve()
      })
    }
    assert.deepEqual(
      seen,
      Array.from({ length: count }, (_, index) => index + 1),
    )
  } finally {
    watch.close()
    await store.close()
    await Promise.all(members.map((member) => member[Symbol.asyncDispose]()))
  }
})
