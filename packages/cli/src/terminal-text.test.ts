import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainLine, plainText, timeText } from './terminal-text.ts'
import { textTable } from './text-table.ts'

test('what others wrote cannot steer the terminal', () => {
  assert.equal(plainText('a\u001b[31mb\r\nc\td\u009b2J'), 'a\\x1b[31mb\nc\td\\x9b2J')
  assert.equal(plainLine('a\nb\r\nc'), 'a b c')
  assert.equal(plainText('订单 🙂 é'), '订单 🙂 é')
  assert.equal(textTable(['GROUP'], [['a\nb\u001b[2J']]), 'GROUP\na b\\x1b[2J\n')
})

test('times that are none are told as they are', () => {
  assert.deepEqual([timeText(0), timeText(-1), timeText(1e300)], ['1970-01-01T00:00:00.000Z', '-', '1e+300'])
})
