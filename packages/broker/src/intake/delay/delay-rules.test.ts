import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveTopicConfig } from '@odradek/config'
import { BatchHeader, encodeBatch, errors, RecordCursor, readBatchHeader, type Slice, sliceOf } from '@odradek/protocol'
import type { Admission } from '../intake-rules.ts'
import { DELAY_DUE_TIME } from '../timer-headers.ts'
import { DelayRules } from './delay-rules.ts'

const NOW = 1_800_000_000_000

function rulesWith(levels: string): DelayRules {
  const config = resolveTopicConfig({ 'delay.levels': levels })
  return new DelayRules(() => config)
}

function batchOf(codec: 'none' | 'lz4', ...headers: readonly (readonly [string, string] | null)[]): Slice {
  const records = headers.map((header, at) => ({
    key: `key ${at}`,
    value: `value ${at}`,
    headers: header === null ? [] : [{ key: header[0], value: header[1] }],
    timestamp: 7,
  }))
  return sliceOf(encodeBatch({ records, codec, producerId: 5, producerEpoch: 2, baseSequence: 40 }))
}

function admit(rules: DelayRules, batch: Slice): Admission & { readonly header: BatchHeader } {
  const header = new BatchHeader()
  readBatchHeader(batch.view, batch.start, header)
  const admission = rules.admit(batch, header, NOW)
  assert.ok(!('text' in admission))
  return { ...admission, header }
}

/** When its records are due for whoever reads it back. */
function readBack(rules: DelayRules, batch: Slice): number[] {
  const cursor = new RecordCursor()
  cursor.open(batch)
  const dues: number[] = []
  while (cursor.next()) dues.push(rules.dueOf(cursor, NOW))
  return dues
}

for (const codec of ['none', 'lz4'] as const) {
  test(`${codec}: a due time that was accepted stays what it is, whatever levels stand for later`, () => {
    const batch = batchOf(codec, ['DELAY', '2'], null, ['TIMER_DELAY_MS', '250'], ['DELAY', '9'])
    const { dues, batch: stored, header } = admit(rulesWith('1s,20m'), batch)
    assert.deepEqual([...dues], [NOW + 1_200_000, NOW, NOW + 250, NOW + 1_200_000])
    assert.deepEqual([header.producerId, header.producerEpoch, header.baseSequence, header.count], [5, 2, 40, 4])
    for (const levels of ['1s,20m', '1s,3h', '5m']) assert.deepEqual(readBack(rulesWith(levels), stored), [...dues])
  })
}

test('with the levels that are the default a batch is stored as it was sent', () => {
  const levels = resolveTopicConfig()['delay.levels'].join(',')
  const batch = batchOf('none', ['DELAY', '5'])
  const admission = admit(rulesWith(levels), batch)
  assert.equal(admission.batch, batch)
  assert.deepEqual(readBack(rulesWith('7h'), batch), [NOW + 60_000])
})

test('a client cannot note when its record is due', () => {
  const levels = resolveTopicConfig()['delay.levels'].join(',')
  for (const own of [levels, '7h']) {
    const batch = batchOf('none', ['DELAY', '1'], [DELAY_DUE_TIME, '9000000000000'])
    const header = new BatchHeader()
    readBatchHeader(batch.view, batch.start, header)
    const answer = rulesWith(own).admit(batch, header, NOW)
    assert.equal(answer.errorCode, errors.INVALID_RECORD.code)
    assert.deepEqual('blamed' in answer && answer.blamed.map(({ index }) => index), [1])
  }
})
