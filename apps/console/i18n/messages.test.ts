import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { appRouter } from '../../../packages/api/src/app-router.ts'
import { failureSentences } from '../../../packages/api/src/failure-sentences.ts'
import { letterReasons } from '../../../packages/client/src/dead-letters/jobs/letter-reasons.ts'
import { scopes } from '../../../packages/config/src/config-entries.ts'
import { errors } from '../../../packages/protocol/src/errors.ts'
import docs from '../messages/config-docs.zh.json' with { type: 'json' }
import failures from '../messages/failures.zh.json' with { type: 'json' }
import names from '../messages/names.zh.json' with { type: 'json' }
import reasons from '../messages/reasons.zh.json' with { type: 'json' }
import { messages } from './messages.ts'

/** Every sentence under its dotted key. */
function sentences(part: object, prefix = ''): [string, string][] {
  return Object.entries(part).flatMap(([key, value]: [string, unknown]): [string, string][] =>
    typeof value === 'object' && value !== null
      ? sentences(value, `${prefix}${key}.`)
      : [[`${prefix}${key}`, String(value)]],
  )
}

/** What a sentence is given, and the tags it has: the same in both languages, or one of them shows less. */
function parameters(sentence: string): string[] {
  const names = [
    ...sentence.matchAll(/(?<!(?:\b(?:zero|one|two|few|many|other|true|false)|=\d+)\s*)\{\s*(\w+)\s*(?=[,}])|<(\w+)>/g),
  ].map((match) => match[1] ?? `<${match[2]}>`)
  return [...new Set(names)].sort()
}

test('both languages have the same sentences', () => {
  const english = sentences(messages.en).map(([key]) => key)
  const chinese = sentences(messages.zh).map(([key]) => key)
  assert.deepEqual(chinese.toSorted(), english.toSorted())
})

test('no sentence loses a parameter in translation', () => {
  const english = new Map(sentences(messages.en))
  for (const [key, sentence] of sentences(messages.zh)) {
    assert.deepEqual(parameters(sentence), parameters(english.get(key) ?? ''), key)
  }
})

test('no sentence is empty, and none is left in the other language', () => {
  for (const [key, sentence] of sentences(messages.en)) {
    assert.notEqual(sentence.trim(), '', key)
    assert.doesNotMatch(sentence, /[\u4e00-\u9fff]/, key)
  }
})

test('every file of messages is loaded', () => {
  for (const locale of ['en', 'zh'] as const) {
    const files = readdirSync(join(import.meta.dirname, '../messages', locale)).map((file) =>
      file.replace(/\.json$/, ''),
    )
    assert.deepEqual(Object.keys(messages[locale]).sort(), files.sort())
  }
})

test('what each config means is told in Chinese, as it is told in English now', () => {
  const english = Object.values(scopes).flatMap((rows) => Object.values(rows).map(({ doc }) => doc))
  const missing = english.filter((text) => !Object.hasOwn(docs, text))
  assert.deepEqual(missing, [], 'to be told in messages/config-docs.zh.json, too')
  const told = new Set<string>(english)
  const past = Object.keys(docs).filter((text) => !told.has(text))
  assert.deepEqual(past, [], 'is told no more')
  for (const text of Object.values(docs)) assert.match(text, /[\u4e00-\u9fff].*[。]$/)
})

test('why letters are not sent is told here by the same codes, and in English by the same words', () => {
  assert.deepEqual(messages.en.jobs.reason, letterReasons)
})

test('what is told of failures is told in Chinese by the same codes, and what it names', () => {
  const english: Record<string, string> = { ...failureSentences }
  const known = Object.entries(failures)
  assert.deepEqual(
    Object.keys(english).filter((code) => !Object.hasOwn(failures, code)),
    [],
    'has no words',
  )
  for (const [name, { text }] of Object.entries(errors)) english[name] ??= text
  for (const [code, text] of known) {
    assert.ok(english[code] !== undefined, `${code} is told by nobody`)
    if (!(code in errors)) assert.deepEqual(parameters(text), parameters(english[code]), code)
    if (!code.startsWith('tried')) assert.match(text, /[\u4e00-\u9fff].*。$|\{(?:text|names)\}$/s, code)
  }
})

test('reasons are told in Chinese as brokers and clients give them now', () => {
  const folders = [
    'client/src/admin',
    'client/src',
    'client/src/messages/decoders',
    'client/src/messages/filter',
    'client/src/messages/json',
    'client/src/messages/scan',
    'broker/src/intake/retry',
    'api/src',
    'api/src/access',
    'api/src/alerts',
  ]
  const sources = folders.flatMap((folder) => {
    const path = join(import.meta.dirname, '../../../packages', folder)
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isFile() && /(?<!\.test)\.ts$/.test(entry.name))
      .map(({ name }) => readFileSync(join(path, name), 'utf8'))
  })
  const written = sources.join('\n')
  // What Node and the Kafka client say of a connection, and what the libraries say that read input and filters.
  const ofOthers =
    /^(?:connect ECONN|read ECONN|getaddrinfo|socket hang up|The operation was aborted|Connection closed|Too (?:small|big)|Invalid |Unrecognized key|reserved id|field not|unbound|index \{|int (?:div|mod|over)|type mism|Unable to conv|Cannot conv|Failed to parse|error parsing)/
  for (const [english, chinese] of Object.entries(reasons)) {
    assert.deepEqual(parameters(chinese), parameters(english), english)
    if (ofOthers.test(english)) continue
    // How often something was retried is put together.
    const parts = english.replace(/(?:1 time|\{count\} times)/, '{times}').split(/\{\w+\}/)
    for (const part of parts) assert.ok(written.includes(part), `nobody says "${part}"`)
  }
})

test('every procedure has a Chinese name, and every field of what it is given', () => {
  const procedures = Object.entries(appRouter._def.procedures as unknown as Record<string, Procedure>)
  // What is followed has the name of what is asked for.
  const asked = procedures.filter(
    ([path]) => !(path.endsWith('Live') && path.slice(0, -'Live'.length) in names.procedures),
  )
  assert.deepEqual(Object.keys(names.procedures).sort(), asked.map(([path]) => path).sort())
  const fields = new Set(
    procedures.flatMap(([, { _def }]) =>
      _def.inputs.flatMap((input) => fieldsOf(z.toJSONSchema(input, { unrepresentable: 'any', io: 'input' }))),
    ),
  )
  assert.deepEqual(Object.keys(names.fields).sort(), [...fields].sort())
})

interface Procedure {
  readonly _def: { readonly inputs: readonly z.ZodType[] }
}

/** Every name of a field that a JSON schema has, however deep. */
function fieldsOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const { properties = {} } = schema as { properties?: object }
  const inner = Object.entries(schema).flatMap(([key, value]) =>
    key === 'properties' ? Object.values(value) : [value],
  )
  return [...Object.keys(properties), ...inner.flatMap(fieldsOf)]
}
