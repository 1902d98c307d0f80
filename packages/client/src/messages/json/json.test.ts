import { deepEqual, equal, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { FieldTree } from './field-tree.ts'
import { formatJson } from './format-json.ts'
import { JsonError } from './json-error.ts'
import { parseJsonBytes } from './json-value.ts'
import { writeJson } from './write-json.ts'

const bytes = (text: string) => Buffer.from(text)
const parse = (text: string) => parseJsonBytes(bytes(text), 0, bytes(text).length)

test('whole numbers keep every digit, others are doubles', () => {
  deepEqual(parse('[9007199254740993, -0, 1.5, 1e3, 123456789012345678901234567890]'), [
    9007199254740993n,
    0n,
    1.5,
    1000,
    123456789012345678901234567890n,
  ])
})

test('strings with escapes, surrogates and Unicode names', () => {
  deepEqual(
    parse('{"订单":"a\\n\\u00e9\\ud83d\\ude00/\\/","__proto__":{"x":null}}'),
    new Map<string, unknown>([
      ['订单', 'a\né😀//'],
      ['__proto__', new Map([['x', null]])],
    ]),
  )
})

test('what is not JSON is refused', () => {
  for (const text of [
    '',
    '{',
    '{"a"}',
    '{"a":1,}',
    '[1,]',
    '[1 2]',
    '01',
    '+1',
    'nul',
    '"a',
    '"\\x"',
    '{} {}',
    '\u0001',
    '"\u0001"',
    'NaN',
    "{'a':1}",
  ]) {
    throws(() => parse(text), JsonError, JSON.stringify(text))
  }
  throws(() => parse('['.repeat(100_000)), JsonError)
})

test('a tree of fields takes only those, as parsing everything would', () => {
  const text = '{ "a" : {"b":[1,{"c":"}"}],"x":1} , "s":"q\\"," , "n" : 9007199254740993, "big": [1,2,3], "t":true}'
  const tree = new FieldTree()
  tree.add(['a', 'b'])
  tree.add(['n'])
  tree.add(['missing', 'deep'])
  deepEqual(
    tree.extract(bytes(text), 0, text.length),
    new Map<string, unknown>([
      ['a', new Map([['b', [1n, new Map([['c', '}']])]]])],
      ['n', 9007199254740993n],
    ]),
  )
  throws(() => tree.extract(bytes('{"a":1'), 0, 6), JsonError)
  equal(tree.extract(bytes('12'), 0, 2), 12n)
})

test('formatting keeps every token', () => {
  equal(
    formatJson(bytes('{"id":9007199254740993,"a":[],"b":{ },"c":[1.10,"x , y"],"id":1e5}')),
    '{\n  "id": 9007199254740993,\n  "a": [],\n  "b": {},\n  "c": [\n    1.10,\n    "x , y"\n  ],\n  "id": 1e5\n}',
  )
  throws(() => formatJson(bytes('{"a":}')), JsonError)
})

test('decoded values are written without loss', () => {
  const value = {
    id: 9007199254740993n,
    ratio: 3,
    small: 0.1,
    data: new Uint8Array([1, 2]),
    at: new Date(0),
    list: [],
    none: null,
  }
  equal(
    writeJson(value),
    '{"id":9007199254740993,"ratio":3,"small":0.1,"data":"base64:AQI=","at":"1970-01-01T00:00:00.000Z","list":[],"none":null}',
  )
  equal(writeJson(new Map([['a', [1n]]]), 2), '{\n  "a": [\n    1\n  ]\n}')
})
