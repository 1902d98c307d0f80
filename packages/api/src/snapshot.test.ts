import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Snapshot } from './snapshot.ts'

test('callers at the same time share one fetch, and later ones its result while it is young', async () => {
  let fetches = 0
  const snapshot = new Snapshot(60_000, async () => ++fetches)
  assert.deepEqual(await Promise.all([snapshot.get(), snapshot.get()]), [1, 1])
  assert.equal(await snapshot.get(), 1)
  snapshot.forget()
  assert.equal(await snapshot.get(), 2)
})

test('a fetch that began before a change does not outlive it', async () => {
  const waiting: ((value: string) => void)[] = []
  const snapshot = new Snapshot(60_000, () => new Promise<string>((resolve) => waiting.push(resolve)))
  const before = snapshot.get()
  snapshot.forget()
  const after = snapshot.get()
  waiting[1]!('new')
  assert.equal(await after, 'new')
  waiting[0]!('old')
  assert.equal(await before, 'old')
  assert.equal(await snapshot.get(), 'new')
})

test('a failure is not kept; peek gives what is known and fetches meanwhile', async () => {
  let isAway = true
  const snapshot = new Snapshot(60_000, async () => {
    if (isAway) throw new Error('away')
    return 'here'
  })
  assert.equal(snapshot.peek(), null)
  await assert.rejects(snapshot.get(), /away/)
  isAway = false
  assert.equal(await snapshot.get(), 'here')
  assert.equal(snapshot.peek(), 'here')
})

test('what took long to learn is as young as when it came; null is known too', async () => {
  let fetches = 0
  let now = 0
  const load = async () => {
    fetches++
    now += 330
    return null
  }
  const snapshot = new Snapshot(300, load, () => now)
  assert.equal(snapshot.recent(60_000), undefined)
  assert.equal(await snapshot.get(), null)
  assert.deepEqual([await snapshot.get(), fetches, snapshot.recent(60_000)], [null, 1, null])
  now += 301
  assert.deepEqual([await snapshot.get(), fetches], [null, 2])
  snapshot.forget()
  assert.equal(snapshot.recent(60_000), undefined)
})

test('a fetch that began before a change and ends before the next one does not count as its answer', async () => {
  const waiting: ((value: string) => void)[] = []
  const snapshot = new Snapshot(60_000, () => new Promise<string>((resolve) => waiting.push(resolve)))
  const before = snapshot.get()
  snapshot.forget()
  const after = snapshot.get()
  waiting[0]!('old')
  assert.equal(await before, 'old')
  const shared = snapshot.get()
  assert.equal(waiting.length, 2, 'the one under way is shared still')
  waiting[1]!('new')
  assert.deepEqual(await Promise.all([after, shared, snapshot.get()]), ['new', 'new', 'new'])
})
