import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuditEntry } from './audit-entry.ts'
import { BoundedEntries } from './bounded-entries.ts'

const entry = (id: string) => ({ id }) as AuditEntry

test('the oldest go where there are too many, or too many bytes; the newest stays however long it is', () => {
  const entries = new BoundedEntries(3, 100)
  for (const id of ['a', 'b', 'c', 'd']) entries.push(entry(id), 10)
  assert.deepEqual(entries.all, ['b', 'c', 'd'].map(entry))
  entries.push(entry('e'), 85)
  assert.deepEqual(entries.all, ['d', 'e'].map(entry))
  entries.push(entry('f'), 500)
  assert.deepEqual(entries.all, [entry('f')])
  entries.push(entry('g'), 1)
  assert.equal(entries.first?.id, 'g', 'what was too long is the first to go')
  entries.clear()
  assert.equal(entries.size, 0)
})
