import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brokerConfig } from './broker-config.ts'
import type { Row } from './row.ts'
import { topicConfig } from './topic-config.ts'
import { LONG_MAX } from './units.ts'
import { formatValue, parseValue } from './value.ts'

const long = topicConfig['retention.ms']
const int = brokerConfig['num.partitions']
const double = topicConfig['min.cleanable.dirty.ratio']
const boolean = brokerConfig['auto.create.topics.enable']
const list = topicConfig['cleanup.policy']
const choice = topicConfig['compression.type']

const accepted: [Row, string, unknown][] = [
  [long, '-1', -1],
  [long, ' 86400000 ', 86_400_000],
  [long, '9007199254740991', Number.MAX_SAFE_INTEGER],
  [long, '9223372036854775807', LONG_MAX],
  [int, '+3', 3],
  [int, '2147483647', 2_147_483_647],
  [double, '0.25', 0.25],
  [double, '1', 1],
  [double, '5e-1', 0.5],
  [boolean, 'TRUE', true],
  [boolean, 'false', false],
  [list, 'compact, delete', ['compact', 'delete']],
  [choice, 'zstd', 'zstd'],
]
for (const [row, text, value] of accepted) {
  test(`${row.type} reads "${text}"`, () => assert.deepEqual(parseValue(row, text), { value, problem: null }))
}

const refused: [Row, string, string][] = [
  [long, '-5', 'must be at least -1, not -5'],
  [long, 'soon', 'must be a whole number, not "soon"'],
  [long, '', 'must be a whole number, not ""'],
  [long, '1.5', 'must be a whole number, not "1.5"'],
  [long, '0x10', 'must be a whole number, not "0x10"'],
  [long, '7d', 'must be a whole number, not "7d"'],
  [
    long,
    '9007199254740992',
    'must be at most 9007199254740991 (or 9223372036854775807 for no limit), not 9007199254740992',
  ],
  [
    long,
    '9223372036854775808',
    'must be at most 9007199254740991 (or 9223372036854775807 for no limit), not 9223372036854775808',
  ],
  [int, '0', 'must be at least 1, not 0'],
  [int, '2147483648', 'must be at most 2147483647, not 2147483648'],
  [double, '1.01', 'must be at most 1, not 1.01'],
  [double, 'NaN', 'must be a number, not "NaN"'],
  [boolean, 'yes', 'must be true or false, not "yes"'],
  [list, 'compact,shred', 'must be a list of delete, compact, not "compact,shred"'],
  [list, '', 'must not be empty'],
  [choice, 'brotli', 'must be one of producer, uncompressed, gzip, snappy, lz4, zstd, not "brotli"'],
  [brokerConfig['log.dirs'], '', 'must not be empty'],
  [brokerConfig['admin.listener'], '9644', 'must be host:port, for example 127.0.0.1:9644, or empty, not "9644"'],
]
for (const [row, text, problem] of refused) {
  test(`${row.type} refuses "${text}"`, () => assert.deepEqual(parseValue(row, text), { value: null, problem }))
}

test('suffixes are read where they are asked for, in the unit of the key', () => {
  const read = (row: Row, text: string) => parseValue(row, text, { suffixes: true })
  assert.equal(read(long, '7d').value, 604_800_000)
  assert.equal(read(long, '1.5h').value, 5_400_000)
  assert.equal(read(long, '500 ms').value, 500)
  assert.equal(read(brokerConfig['log.retention.hours'], '7d').value, 168)
  assert.equal(read(brokerConfig['log.segment.bytes'], '1GiB').value, 2 ** 30)
  assert.equal(
    read(brokerConfig['log.retention.hours'], '90m').problem,
    'must be a whole number (or, for example, 3d), not "90m"',
  )
  assert.equal(read(long, '3GiB').problem, 'must be a whole number (or, for example, 500ms), not "3GiB"')
  assert.equal(read(brokerConfig['log.segment.bytes'], '2GiB').problem, 'must be at most 2147483647, not 2GiB')
  assert.equal(read(int, '7d').problem, 'must be a whole number, not "7d"')
})

test("values are written in Kafka's text form", () => {
  assert.equal(formatValue(long, LONG_MAX), '9223372036854775807')
  assert.equal(formatValue(long, -1), '-1')
  assert.equal(formatValue(double, 1), '1.0')
  assert.equal(formatValue(double, 0.5), '0.5')
  assert.equal(formatValue(boolean, true), 'true')
  assert.equal(formatValue(list, ['compact', 'delete']), 'compact,delete')
  assert.equal(formatValue(choice, 'producer'), 'producer')
})
