import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { brokerConfig, type Table, topicConfig } from '@odradek/config'

const packages = join(import.meta.dirname, '../..')

/** The sources that act by keys: the broker's and the command line's, without tests. */
const sources = ['broker/src', 'cli/src']
  .flatMap((folder) => readdirSync(join(packages, folder), { withFileTypes: true, recursive: true }))
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
  .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
  .join('\n')

const isRead = (key: string) =>
  sources.includes(`['${key}']`) || (!key.includes('.') && sources.includes(`onfig.${key}`))

test('only keys that act are listed: each is read by some source', () => {
  const inherited = new Set(Object.values(topicConfig as Table).map((row) => row.from))
  const brokerKeys = Object.entries(brokerConfig as Table)
    .filter(([key, row]) => row.standsFor === undefined && !inherited.has(key))
    .map(([key]) => key)
  const keys = [...brokerKeys, ...Object.keys(topicConfig)]
  assert.deepEqual(
    keys.filter((key) => !isRead(key)),
    [],
  )
})
