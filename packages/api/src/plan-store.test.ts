import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PlanStore } from './plan-store.ts'

test('a plan is applied once however often it is asked for; a refusal may be tried again', async () => {
  const store = new PlanStore<string, number>()
  const id = store.add('local', 'plan', 1)
  let applied = 0
  const apply = async () => ++applied
  const first = store.once('local', id, 't', apply)
  const second = store.once('local', id, 't', apply)
  assert.deepEqual([first.isFirst, second.isFirst], [true, false])
  assert.deepEqual([await first.done, await second.done], [1, 1])
  const refused = store.add('local', 'plan', 1)
  await assert.rejects(store.once('local', refused, 't', async () => Promise.reject(new Error('no'))).done)
  assert.equal(await store.once('local', refused, 't', apply).done, 2)
})

test('a plan belongs to its cluster, and the oldest goes where there are too many', () => {
  const store = new PlanStore<number, number>({ plansMax: 2 })
  const ids = [1, 2, 3].map((plan) => store.add('local', plan, 1))
  assert.throws(() => store.get('local', ids[0]!, 't'), { code: 'NOT_FOUND' })
  assert.equal(store.get('local', ids[2]!, 't'), 3)
  assert.throws(() => store.get('other', ids[2]!, 't'), { code: 'NOT_FOUND' })
})

test('plans are bounded by their rows too', () => {
  const store = new PlanStore<string, number>({ weightMax: 100 })
  const small = store.add('local', 'small', 30)
  const middle = store.add('local', 'middle', 60)
  const large = store.add('local', 'large', 40)
  assert.throws(() => store.get('local', small, 't'), { code: 'NOT_FOUND' })
  assert.deepEqual([store.get('local', middle, 't'), store.get('local', large, 't')], ['middle', 'large'])
})
