import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mendedAddress } from './mended-address.ts'

test('a percent sign that encodes nothing stands for itself', () => {
  assert.equal(mendedAddress('/local/topics/%DLQ%/messages'), '/local/topics/%25DLQ%25/messages')
  assert.equal(mendedAddress('/local/topics/100%?q=50%&at=0@1'), '/local/topics/100%25?q=50%&at=0@1')
  assert.equal(mendedAddress('/local/groups/a%20b%'), '/local/groups/a%20b%25')
})

test('bytes that are no UTF-8 are taken as they were typed', () => {
  assert.equal(mendedAddress('/local/topics/%FF%20a'), '/local/topics/%25FF%2520a')
})

test('what can be decoded is left as it is, and a mended path never leads to another site', () => {
  assert.equal(mendedAddress('/local/topics/%25DLQ%25a%2Fb%20%E8%AE%A2/messages?q=%'), null)
  assert.equal(mendedAddress('/'), null)
  assert.equal(mendedAddress('//evil.example/%'), '/evil.example/%25')
  assert.equal(mendedAddress('/\\evil.example/%'), '/%5Cevil.example/%25')
})
