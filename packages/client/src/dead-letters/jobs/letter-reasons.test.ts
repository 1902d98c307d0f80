import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LetterReasonCode, letterReason, letterReasons, readLetterReason } from './letter-reasons.ts'

test('every sentence is read back as the code and the values that it was made of', () => {
  for (const code of Object.keys(letterReasons) as LetterReasonCode[]) {
    const values = {
      topic: 'orders.v1',
      place: 'orders-v1-3',
      text: 'The record was refused: (no key)',
      error: 'INVALID_RECORD',
      group: 'shop of mine',
      bytes: '2000000',
      most: '1048588',
      bad: '3',
      tried: '10',
      count: '12',
    } as const
    const named = Object.fromEntries(
      Object.entries(values).filter(([name]) => letterReasons[code].includes(`{${name}}`)),
    )
    const sentence = letterReason(code, values)
    assert.deepEqual(readLetterReason(sentence), { code, values: named })
    assert.doesNotMatch(sentence, /[{}]/)
  }
})

test('what somebody else said has no code', () => {
  assert.equal(readLetterReason(null), null)
  assert.equal(readLetterReason('The record has no key, which the topic wants.'), null)
})
