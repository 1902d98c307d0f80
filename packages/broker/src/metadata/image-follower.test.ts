import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pino } from 'pino'
import { ImageFollower } from './image-follower.ts'
import { topicKey } from './keys.ts'
import { StorePartedError } from './store.ts'
import { entry } from './testing/cluster-image.ts'
import { but, logger, openStore, startHost } from './testing/simulated-metadata.ts'
import { formatTopic } from './values.ts'

describe('a follower of the store', () => {
  it('lists again where the watch has a gap, and says what changed meanwhile', async () => {
    const host = startHost()
    const store = openStore(host)
    let watches = 0
    const gappy = but(store, {
      watch: (prefix, fromRevision, handlers) => {
        watches += 1
        if (watches > 1) return store.watch(prefix, fromRevision, handlers)
        store.transact({ compares: [], success: [topicPut('b')] }).then(() => handlers.compacted(3))
        return { close() {} }
      },
    })
    await host.world.complete(store.transact({ compares: [], success: [topicPut('a')] }))
    const follower = await ImageFollower.open({ store: gappy, logger, timers: host.timers })
    const changes: string[][] = []
    follower.onChange((_image, _previous, change) => changes.push([...change.topics]))
    const a = follower.image.topics.get('a')
    await host.world.runUntil(() => watches === 2)
    await host.world.complete(store.transact({ compares: [], success: [topicPut('c')] }))
    await host.world.complete(follower.reached(3))
    assert.deepEqual(changes, [['b'], ['c']])
    assert.equal(follower.image.topics.get('a'), a)
  })

  it('waits for what comes, and no longer than there is something to come', async () => {
    const host = startHost()
    const store = openStore(host)
    const follower = await ImageFollower.open({ store, logger, timers: host.timers })
    const reached = follower.reached(1)
    const never = follower.reached(99)
    await host.world.complete(store.transact({ compares: [], success: [topicPut('a')] }))
    await reached
    await follower.reached(1)
    follower.close()
    await assert.rejects(never, /closed/)
    await assert.rejects(follower.reached(2), /closed/)
  })

  it('goes on where a value cannot be read or a listener fails', async () => {
    const host = startHost()
    const store = openStore(host)
    const follower = await ImageFollower.open({ store, logger, timers: host.timers })
    const seen: number[] = []
    follower.onChange(() => {
      throw new Error('a listener that fails')
    })
    follower.onChange((image) => seen.push(image.revision))
    const bad = { kind: 'put' as const, key: topicKey('bad'), value: 'no JSON' }
    await host.world.complete(store.transact({ compares: [], success: [bad, topicPut('good')] }))
    assert.deepEqual([...follower.image.topics.keys()], ['good'])
    assert.deepEqual(seen, [1])
  })

  it('says once that the store has gone back, and takes nothing over from it', async () => {
    const host = startHost()
    const store = openStore(host)
    await host.world.complete(store.transact({ compares: [], success: [topicPut('a')] }))
    const old = await store.list('/')
    await host.world.complete(store.transact({ compares: [], success: [topicPut('b')] }))
    let isRestored = false
    const lines: string[] = []
    const follower = await ImageFollower.open({
      store: but(store, { list: async (prefix) => (isRestored ? old : await store.list(prefix)) }),
      logger: pino({ level: 'error' }, { write: (line) => void lines.push(line) }),
      timers: host.timers,
    })
    await follower.refresh()
    await follower.relist()
    assert.deepEqual(lines, [])
    isRestored = true
    await follower.relist()
    await follower.refresh()
    assert.deepEqual([...follower.image.topics.keys()], ['a', 'b'])
    assert.equal(lines.length, 1)
    const { revision, known, msg } = JSON.parse(lines[0]!) as { revision: number; known: number; msg: string }
    assert.deepEqual([revision, known], [1, 2])
    assert.match(msg, /^The metadata store is older than what was read from it before/)
    follower.close()
  })

  it('says once that the store is another, and stays with what it knows', async () => {
    const host = startHost()
    const store = openStore(host)
    await host.world.complete(store.transact({ compares: [], success: [topicPut('a')] }))
    const lines: string[] = []
    let end = (_error: Error) => {}
    const follower = await ImageFollower.open({
      store: but(store, {
        watch: (_prefix, _fromRevision, handlers) => {
          end = (error) => handlers.ended(error)
          return { close() {} }
        },
      }),
      logger: pino({ level: 'error' }, { write: (line) => void lines.push(line) }),
      timers: host.timers,
    })
    const never = assert.rejects(follower.reached(99), StorePartedError)
    end(new StorePartedError('etcd is another'))
    await never
    follower.close()
    assert.deepEqual([...follower.image.topics.keys()], ['a'])
    assert.equal(lines.length, 1)
    assert.match((JSON.parse(lines[0]!) as { msg: string }).msg, /^The metadata is followed no more: etcd is another/)
  })

  function topicPut(name: string) {
    const { key, value } = entry(
      topicKey(name),
      formatTopic({ topicId: name.padEnd(22, '-'), partitions: [], configs: {} }),
      0,
    )
    return { kind: 'put' as const, key, value }
  }
})
