/** A partition is moved, held up on its way, seen, and let go; a broker with replicas is not forgotten. */
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

test('a move is held up, shown and let go', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'odradek-moves-'))
  const path = join(directory, 's')
  const store = await serveEmbeddedStore({ directory: join(directory, 'store'), path })
  const start = (id: number) =>
    startBroker({
      dataDir: join(directory, String(id)),
      port: 0,
      config: { 'node.id': String(id), 'metadata.store': `unix:${path}`, 'admin.listener': '' },
    })
  try {
    await using one = await start(1)
    await using _two = await start(2)
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
    assert.equal(
      (await odradek('cluster', 'reassign', '--cancel', '--topic', 'big:7')).stdout,
      'Nothing is being moved.',
    )
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
  } finally {
    await store.close()
    rmSync(directory, { recursive: true, force: true })
  }
})
