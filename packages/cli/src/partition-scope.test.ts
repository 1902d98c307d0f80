import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseNumber, parseTime, parseTopicScope } from './partition-scope.ts'

test('a topic may be followed by partitions, and may have colons of its own', () => {
  assert.deepEqual(parseTopicScope('orders'), { topic: 'orders', partitions: null })
  assert.deepEqual(parseTopicScope('orders:0,12'), { topic: 'orders', partitions: [0, 12] })
  assert.deepEqual(parseTopicScope('a:b:1'), { topic: 'a:b', partitions: [1] })
  assert.deepEqual(parseTopicScope('a:b'), { topic: 'a:b', partitions: null })
})

test('a time is ISO 8601, epoch milliseconds or so long ago', () => {
  assert.equal(parseTime('t', '2026-11-22T14:00:00Z', 0), Date.UTC(2026, 10, 22, 14))
  assert.equal(parseTime('t', '1795356000000', 0), 1795356000000)
  assert.equal(parseTime('t', '2h', 10_000_000), 2_800_000)
  assert.equal(parseTime('t', '1.5s', 10_000), 8500)
  for (const text of ['', 'soon', '-5', '2w', '2026-11-22T14:00:00', '2026-13-22'])
    assert.throws(() => parseTime('t', text, 1000), /must be a time like/)
})

test('a number is whole and within its bounds', () => {
  assert.equal(parseNumber('by', '-10', Number.MIN_SAFE_INTEGER), -10)
  assert.throws(() => parseNumber('keep', '-1'), /--keep must be a whole number, not "-1"/)
  assert.throws(() => parseNumber('partitions', '0', 1), /from 1/)
  assert.throws(() => parseNumber('partitions', '4294967297', 1, 0x7fff_ffff), /from 1 to 2147483647, not "4294967297"/)
  assert.throws(() => parseNumber('keep', '1e3'), /whole number/)
  assert.throws(() => parseNumber('keep', '9007199254740993'), /whole number/)
})
