import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseHostAndPort, parseListener } from './listener.ts'

test('a listener is read with its name, host and port', () => {
  assert.deepEqual(parseListener('PLAINTEXT://127.0.0.1:9092'), { name: 'PLAINTEXT', host: '127.0.0.1', port: 9092 })
  assert.deepEqual(parseListener('internal://[::1]:0'), { name: 'INTERNAL', host: '::1', port: 0 })
  assert.deepEqual(parseListener('A://:1'), { name: 'A', host: '0.0.0.0', port: 1 })
  assert.deepEqual(parseListener('A://kafka-1.example:65535'), { name: 'A', host: 'kafka-1.example', port: 65535 })
})

test('anything else is null', () => {
  for (const text of [
    '',
    'A',
    'A://',
    'A://b',
    '://b:1',
    'A://b:x',
    'A://b:65536',
    'A://b c:1',
    'A://::1:9092',
    'A://b:1/',
  ]) {
    assert.equal(parseListener(text), null, text)
  }
  assert.equal(parseHostAndPort('9644'), null)
})
