import assert from 'node:assert/strict'
import { it } from 'node:test'
import { StoreError } from './store.ts'
import { but, codes, openMetadata, openStore, request, startHost } from './testing/simulated-metadata.ts'

/** A broker's metadata, and how many changes each transaction had, those that were under way together side by side. */
async function scene() {
  const host = startHost()
  const store = openStore(host)
  const together: number[][] = []
  let underWay = 0
  const counting = but(store, {
    async transact(transaction) {
      if (underWay === 0) together.push([])
      together.at(-1)!.push(transaction.success.length)
      underWay++
      try {
        return await store.transact(transaction)
      } finally {
        underWay--
      }
    },
  })
  const metadata = await openMetadata(host, counting)
  together.length = 0
  const until = <T>(promise: Promise<T>) => host.world.complete(promise)
  const stop = async () => {
    await until(metadata.close())
    await until(store.close())
  }
  /** How many changes were stored together since the last look. */
  const stored = () => together.splice(0).map((sizes) => sizes.reduce((sum, size) => sum + size, 0))
  return { host, metadata, until, stop, stored }
}

const named = (count: number, fields = {}) =>
  Array.from({ length: count }, (_, at) => request(`topic-${at}`, { numPartitions: 1, ...fields }))

it('stores what is asked for at once in rounds of about a hundred, each after the one before', async () => {
  const { metadata, until, stop, stored } = await scene()
  const made = await until(metadata.createTopics(named(250)))
  assert.deepEqual(new Set(codes(made)), new Set(['NONE']))
  assert.equal(metadata.image.topics.size, 250)
  assert.deepEqual(stored(), [99, 99, 52])
  const gone = await until(metadata.deleteTopics(made.map(({ name }) => ({ name, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }))))
  assert.deepEqual(
    gone.map(({ name, errorCode }) => [name, errorCode]),
    made.map(({ name }) => [name, 0]),
  )
  assert.equal(metadata.image.topics.size, 0)
  assert.deepEqual(stored(), [99, 99, 52])
  await stop()
})

it('has fewer topics in a round where they have many partitions, made or gone', async () => {
  const { metadata, until, stop, stored } = await scene()
  await until(metadata.createTopics(named(5, { numPartitions: 300 })))
  assert.deepEqual(stored(), [2, 2, 1])
  const references = named(5).map(({ name }) => ({ name, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }))
  assert.deepEqual(new Set(codes(await until(metadata.deleteTopics(references)))), new Set(['NONE']))
  assert.deepEqual(stored(), [2, 2, 1])
  await stop()
})

it('gives up all that waits when the store does not answer a round of it', async () => {
  const host = startHost()
  const store = openStore(host)
  let isSilent = false
  let asked = 0
  const silent = but(store, {
    async transact(transaction) {
      if (!isSilent) return await store.transact(transaction)
      asked++
      throw new StoreError('UNAVAILABLE', 'nobody answers')
    },
  })
  const metadata = await openMetadata(host, silent)
  isSilent = true
  const refused = await host.world.complete(metadata.createTopics(named(300)))
  assert.deepEqual(codes(refused), Array(300).fill('REQUEST_TIMED_OUT'))
  assert.equal(asked, 1)
  isSilent = false
  assert.deepEqual(codes(await host.world.complete(metadata.createTopics(named(1)))), ['NONE'])
  await host.world.complete(metadata.close())
  await host.world.complete(store.close())
})

it('lets the loop turn between rounds also where nothing is stored', async () => {
  const { host, metadata, until, stop, stored } = await scene()
  let turns = 0
  let isDone = false
  const turn = () => {
    turns++
    if (!isDone) host.timers.endOfTurn(turn)
  }
  host.timers.endOfTurn(turn)
  const first = metadata.createTopics([request('first')], { validateOnly: true }).then(() => turns)
  const last = metadata.createTopics(named(500), { validateOnly: true }).then((results) => {
    isDone = true
    assert.deepEqual(new Set(codes(results)), new Set(['NONE']))
    return turns
  })
  const turnsBetween = (await until(last)) - (await until(first))
  assert.ok(turnsBetween >= 4, `${turnsBetween} turns between the first round and the sixth`)
  assert.deepEqual(stored(), [])
  await stop()
})
