import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LetterCount, TopErrors } from './top-errors.ts'

const place = (topic: string, depth: number, newestMs: number | null = 1): LetterCount => ({ topic, depth, newestMs })

test('only topics that have changed are asked for, and the last answer is told meanwhile', async () => {
  const asked: string[][] = []
  const answers = Promise.withResolvers<void>()
  let number = 0
  const errors = new TopErrors(async (places) => {
    asked.push(places.map(({ topic }) => topic))
    if (asked.length === 2) await answers.promise
    number++
    return new Map(places.map(({ topic }) => [topic, `${topic}Error ${number}`]))
  })
  const first = errors.learn([place('a', 1), place('b', 2), place('empty', 0)])
  assert.equal(first.count, 2)
  assert.equal(errors.of(place('a', 1)), null)
  await first.learned
  assert.deepEqual(
    [place('a', 1), place('b', 2), place('empty', 0)].map((each) => errors.of(each)),
    ['aError 1', 'bError 1', null],
  )
  assert.equal(errors.learn([place('a', 1), place('b', 2)]).count, 0)
  const second = errors.learn([place('a', 2, 5), place('b', 2)])
  const again = errors.learn([place('a', 2, 5), place('b', 2)])
  assert.equal(errors.of(place('a', 2, 5)), 'aError 1', 'as it was')
  answers.resolve()
  await Promise.all([second.learned, again.learned])
  assert.equal(errors.of(place('a', 2, 5)), 'aError 2')
  assert.deepEqual(asked, [['a', 'b'], ['a']], 'not asked for twice at the same time')
  assert.equal(errors.of(place('b', 0)), null, 'its letters were purged')
})

test('what cannot be learned is asked for again', async () => {
  let fails = true
  const errors = new TopErrors(async (places) => {
    if (fails) throw new Error('the cluster is away')
    return new Map(places.map(({ topic }) => [topic, 'Error']))
  })
  await errors.learn([place('a', 1)]).learned
  assert.equal(errors.of(place('a', 1)), null)
  fails = false
  await errors.learn([place('a', 1)]).learned
  assert.equal(errors.of(place('a', 1)), 'Error')
})
