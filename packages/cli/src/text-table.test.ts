import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textTable } from './text-table.ts'

test('columns are as wide as they must be, numbers stand right, and what is not there is a dash', () => {
  const text = textTable(
    ['TOPIC', 'LAG', 'NOTE'],
    [
      ['orders', 12, ''],
      ['a', null, 'gone'],
    ],
  )
  assert.equal(text, 'TOPIC   LAG  NOTE\norders   12\na         -  gone\n')
  assert.equal(textTable(['TOPIC'], []), '')
})
