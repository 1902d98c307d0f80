import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogLimiter } from './log-limiter.ts'

function limiterAt(clock: { time: number }) {
  const lines: string[] = []
  const logger = { warn: (_fields: object, text: string) => lines.push(text) } as never
  return { lines, limiter: new LogLimiter({ monotonic: () => clock.time }, logger, () => 20) }
}

test('a flood of one kind has its lines of the second, then a count; other kinds are not held back', () => {
  const clock = { time: 5 }
  const { lines, limiter } = limiterAt(clock)
  for (let at = 0; at < 500; at += 1) limiter.warn('request', {}, `line ${at}`)
  assert.equal(lines.length, 20)
  limiter.warn('batch', {}, 'another kind')
  assert.equal(lines.at(-1), 'another kind')
  clock.time += 1000
  limiter.warn('request', {}, 'a second later')
  assert.deepEqual(lines.slice(-2), ['480 more warnings of this kind were left out', 'a second later'])
  assert.equal(limiter.total('request'), 501)
})

test('what was left out of the last second is told without another offender', () => {
  const clock = { time: 5 }
  const { lines, limiter } = limiterAt(clock)
  for (let at = 0; at < 25; at += 1) limiter.warn('limit', {}, 'line')
  limiter.tick()
  assert.equal(lines.length, 20, 'the second is not over')
  clock.time += 1000
  limiter.tick()
  limiter.tick()
  assert.deepEqual(lines.slice(20), ['5 more warnings of this kind were left out'])
})
