import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { brokerConfig, groupConfig, topicConfig } from '@odradek/config'
import { configLines, configMarkdown, configText, inWords } from './config-table.ts'

test('docs/configuration.md is what the tables say (npm run docs writes it)', () => {
  const file = join(import.meta.dirname, '../../../docs/configuration.md')
  assert.equal(readFileSync(file, 'utf8'), configMarkdown())
})

test('every key of a scope is a line', () => {
  assert.deepEqual(
    configLines(['topic']).map((line) => line.key),
    Object.keys(topicConfig),
  )
  assert.equal(
    configLines(['broker', 'topic', 'group']).length,
    [brokerConfig, topicConfig, groupConfig].reduce((sum, table) => sum + Object.keys(table).length, 0),
  )
})

test('defaults are said in words where that helps', () => {
  const words = (key: keyof typeof brokerConfig) => inWords(brokerConfig[key], brokerConfig[key].default)
  assert.equal(words('log.retention.ms'), '7 d')
  assert.equal(words('log.retention.hours'), '7 d')
  assert.equal(words('log.segment.bytes'), '1 GiB')
  assert.equal(words('flush.interval.ms'), '')
  assert.equal(words('group.max.size'), 'no limit')
  assert.equal(words('log.message.timestamp.before.max.ms'), 'no limit')
  assert.equal(words('log.retention.bytes'), '')
})

test('the text for a terminal has default, bounds and meaning', () => {
  const text = configText(['topic'])
  assert.match(text, /^topic \(\d+ keys\)\n/)
  assert.match(text, / {2}retention\.ms = 604800000 \(7 d\) {3}long, at least -1\n {6}How long a segment is kept/)
})
