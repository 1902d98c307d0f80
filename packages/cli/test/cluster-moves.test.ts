/** A partition is moved, held up on its way, seen, and let go; a broker with replicas is not forgotten; who may lead is shown. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { startBroker } from '@odradek/broker'
import { serveEmbeddedStore } from '@odradek/broker/cluster-store'
import { Cluster, describeConfigs, produceMessage, throttleMoves, topicPlaces } from '@odradek/client'
import { runOdradek } from './odradek.ts'

/** A store that brokers share, and their directories; gone at the end of its scope. */
async function startStore() {
  const directory = mkdtempSync(join(tmpdir(), 'odradek-moves-'))
  const path = join(directory, 's')
  const store = await serveEmbeddedStore({ directory: join(directory, 'store'), path })
  return {
    startBroker: (id: number) =>
      startBroker({
        dataDir: join(directory, String(id)),
        port: 0,
        config: { 'node.id': String(id), 'metadata.store': `unix:${path}`, 'admin.listener': '' },
      }),
    async [Symbol.asyncDispose]() {
      await store.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

test('a move is held up, shown and let go', async () => {
  await using shared = await startStore()
  await using one = await shared.startBroker(1)
  await using _two = await shared.startBroker(2)
  await using cluster = new Cluster({ bootstrap: [one.address] })
  const odradek = (...words: string[]) => runOdradek([...words, '--bootstrap', one.address])
  assert.equal((await odradek('topics', 'create', 'big', '--replicas', '1')).code, 0)
  // More than a replica fetches at once.
  const value = { format: 'text', text: 'x'.repeat(700_000) } as const
  for (let i = 0; i < 3; i++)
    await produceMessage(cluster, {
      topic: 'big',
      partition: 0,
      key: { format: 'null', text: '' },
      value,
      headers: [],
    })
  const place = async () => (await topicPlaces(cluster, 'big')).partitions[0]!
  const isOnlyAt = async (id: number) => {
    const until = performance.now() + 60_000
    while ((await place()).replicas.join() !== String(id)) {
      assert.ok(performance.now() < until, JSON.stringify(await place()))
      await setTimeout(50)
    }
  }
  const { leader: from } = await place()
  const to = 3 - from
  const move = ['cluster', 'reassign', '--topic', 'big', '--brokers', String(to)]
  const moved = await odradek(...move, '--throttle', '1', '--apply')
  assert.match(moved.stdout, /1 partition is being moved/, moved.stderr)
  const moving = await odradek('cluster', 'describe')
  const shown = new RegExp(`big-0: replicas ${to},${from}, coming ${to}( \\(\\d+ %\\))?, going ${from}`)
  assert.match(moving.stdout, shown)
  // Of partitions that are named, those alone.
  assert.equal((await odradek('cluster', 'reassign', '--cancel', '--topic', 'big:7')).stdout, 'Nothing is being moved.')
  const elected = await odradek('cluster', 'elect-leaders', '--topic', 'big:7')
  assert.match(elected.stdout, /^0 leaders elected\.\nbig-7: [^\n]+$/, elected.stderr)
  const taken = await odradek('cluster', 'reassign', '--cancel', '--topic', 'big:0')
  assert.equal(taken.stdout, '1 move taken back.', taken.stderr)
  await isOnlyAt(from)
  assert.match((await odradek(...move.with(3, 'big:7'), '--apply')).stderr, /there is no partition 7 of topic "big"/)
  assert.match((await odradek(...move.with(3, 'big:0'), '--apply')).stdout, /1 partition is being moved/)
  // Another move of the topic is held up too, and those before it still are.
  await throttleMoves(cluster, [{ topic: 'big', partition: 7, replicas: [from], target: [to] }], 1)
  const key = 'follower.replication.throttled.replicas'
  const [held] = await describeConfigs(cluster, { type: 'topic', name: 'big' }, [key])
  assert.equal(held?.value, `0:${to},7:${to}`)
  const kept = await odradek('cluster', 'unregister', String(from))
  assert.match(kept.stderr, /has replicas of \d partition\(s\): .*big-0.*\. Move them first/)
  assert.match((await odradek('cluster', 'reassign', '--unthrottle')).stdout, /1 topic no longer held up/)
  await isOnlyAt(to)
  await throttleMoves(cluster, [{ topic: 'big', partition: 0, replicas: [from], target: [to] }], 1)
  const none = await odradek('cluster', 'reassign', '--cancel')
  assert.equal(none.stdout, 'Nothing is being moved. 1 topic no longer held up.', none.stderr)
})

test('who may lead where nobody in sync can is shown', async () => {
  await using shared = await startStore()
  await using one = await shared.startBroker(1)
  const two = await shared.startBroker(2)
  const odradek = (...words: string[]) => runOdradek([...words, '--bootstrap', one.address])
  const topic = ['strict', '--replicas', '2', '--set', 'min.insync.replicas=2']
  try {
    assert.equal((await odradek('topics', 'create', ...topic)).code, 0)
    assert.doesNotMatch((await odradek('topics', 'describe', 'strict')).stdout, /ELIGIBLE/)
  } finally {
    await two.close()
  }
  // In order: it has all that is committed.
  const until = performance.now() + 60_000
  for (;;) {
    const { stdout, stderr } = await odradek('cluster', 'describe')
    if (/strict-0: leader 1, replicas \d,\d, in sync 1, eligible 2\n/.test(`${stdout}\n`)) break
    assert.ok(performance.now() < until, stdout + stderr)
    await setTimeout(50)
  }
  const { stdout } = await odradek('topics', 'describe', 'strict')
  assert.match(stdout, /IN SYNC +ELIGIBLE +START/)
  const described = JSON.parse((await odradek('topics', 'describe', 'strict', '--json')).stdout)
  assert.deepEqual([described.partitions[0].eligible, described.partitions[0].lastKnown], [[2], []])
})
