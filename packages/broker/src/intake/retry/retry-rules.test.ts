import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveGroupConfig } from '@odradek/config'
import { parseAttempts, withAttempt } from './attempts.ts'
import { retryDelayMs } from './retry-schedule.ts'

test('levels: 10 s to 2 h, the last for all that follow', () => {
  const config = resolveGroupConfig()
  const delays = Array.from({ length: 18 }, (_, times) => retryDelayMs(config, times))
  assert.deepEqual(delays.slice(0, 3), [10_000, 30_000, 60_000])
  assert.deepEqual(delays.slice(-3), [7_200_000, 7_200_000, 7_200_000])
  assert.equal(
    delays.slice(0, 16).reduce((sum, delay) => sum + delay),
    17_140_000,
    '4 h 45 min 40 s',
  )
})

test('exponential: by a factor, up to a most', () => {
  const config = resolveGroupConfig({ 'retry.policy': 'exponential', 'retry.exponential.max.ms': '60000' })
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 1_000].map((times) => retryDelayMs(config, times)),
    [5_000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000],
  )
})

test('attempts are added, cut and bounded; a header that is none counts as empty', () => {
  const attempt = (error: string | null) => ({ time: 1, client: 'c', host: 'h', error })
  let text: string | null = null
  for (let count = 0; count < 100; count++) text = withAttempt(text, attempt(`failure ${count}`))
  const attempts = parseAttempts(text)
  assert.deepEqual([attempts.length, attempts.at(-1)!.error], [64, 'failure 99'])
  assert.equal(parseAttempts(withAttempt(null, attempt('x'.repeat(10_000))))[0]!.error!.length, 400)
  for (let count = 0; count < 100; count++) text = withAttempt(text, attempt('字'.repeat(400)))
  assert.ok(Buffer.byteLength(text!) <= 32 * 1024)
  assert.deepEqual(parseAttempts('{"no": "list"}'), [])
  assert.deepEqual(parseAttempts('not JSON'), [])
})
