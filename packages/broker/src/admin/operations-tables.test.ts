import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { withTables } from './operations-tables.ts'

test('the tables of docs/operations.md are what the rows say (npm run docs writes them)', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../../docs/operations.md'), 'utf8')
  assert.equal(withTables(text), text)
})
