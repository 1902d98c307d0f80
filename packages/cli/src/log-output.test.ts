import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readableLine } from './log-output.ts'

test('a log line is written for reading', () => {
  const time = new Date(2026, 0, 2, 3, 4, 5).getTime()
  assert.equal(
    readableLine(`{"level":40,"time":${time},"topic":"a","offset":5,"msg":"cut at the last good batch"}\n`),
    '03:04:05 warn  cut at the last good batch topic=a offset=5\n',
  )
  assert.equal(
    readableLine(`{"level":50,"time":${time},"msg":"failed","err":{"message":"x","stack":"Error: x\\n    at y"}}`),
    '03:04:05 error failed\n  Error: x\n    at y\n',
  )
})

test('what is not JSON is written as it is', () => {
  assert.equal(readableLine('plain\n'), 'plain\n')
})
