import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseProperties } from './properties.ts'

test("Kafka's own server.properties forms are read", () => {
  const text = [
    '# a comment',
    '! another',
    '',
    'node.id=1',
    'log.dirs = /var/lib/kafka  ',
    'listeners: PLAINTEXT://127.0.0.1:9092',
    'num.partitions 3',
    '  log.retention.hours=168',
    'empty=',
    'bare',
  ].join('\r\n')
  assert.deepEqual(parseProperties(text), {
    'node.id': '1',
    'log.dirs': '/var/lib/kafka',
    listeners: 'PLAINTEXT://127.0.0.1:9092',
    'num.partitions': '3',
    'log.retention.hours': '168',
    empty: '',
    bare: '',
  })
})

test('a backslash joins lines, an even number of them does not', () => {
  assert.deepEqual(parseProperties('listeners=A://:1,\\\n    B://:2\npath=C:\\\\\nnext=1'), {
    listeners: 'A://:1,B://:2',
    path: 'C:\\',
    next: '1',
  })
})

test('escapes stand for their characters, in keys too', () => {
  assert.deepEqual(parseProperties('a\\ b\\=c=\\u0041\\t\\x'), { 'a b=c': 'A\tx' })
})

test('the last of a key given twice holds', () => {
  assert.deepEqual(parseProperties('a=1\na=2'), { a: '2' })
})
