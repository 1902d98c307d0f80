/** docs/protocol-checklist.md tells the truth: its tests exist, and no API is served without one. */
import { deepEqual, ok } from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { handlers } from '../src/server/handlers/index.ts'

const DOCUMENT = join(import.meta.dirname, '../../../docs/protocol-checklist.md')
const FOLDERS = ['protocol', 'cluster', 'limits', '.'].map((folder) => join(import.meta.dirname, folder))
/** `file › title` in backticks; a title has no backticks. */
const REFERENCE = /`([\w-]+\.test\.ts) › ([^`]+)`/g
/** A test's title as it stands in the source: a string, or a template with its expressions. */
const TITLE = /^\s*test\(\s*(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|`((?:\\.|[^`\\])*)`)/gm

const lines = readFileSync(DOCUMENT, 'utf8').split('\n')

function titlesIn(file: string): Set<string> {
  const path = FOLDERS.map((folder) => join(folder, file)).find((each) => existsSync(each))
  if (!path) return new Set()
  const titles = [...readFileSync(path, 'utf8').matchAll(TITLE)].map(([, single, double, template]) =>
    (single ?? double ?? template ?? '').replaceAll(/\\(['"`])/g, '$1'),
  )
  return new Set(titles)
}

test('every test that the checklist names exists', () => {
  const titles = new Map<string, Set<string>>()
  const missing: string[] = []
  let named = 0
  for (const line of lines) {
    for (const [, file, title] of line.matchAll(REFERENCE)) {
      if (!titles.has(file!)) titles.set(file!, titlesIn(file!))
      if (!titles.get(file!)!.has(title!)) missing.push(`${file} › ${title}`)
      named += 1
    }
  }
  deepEqual(missing, [])
  ok(named > 100, `${named} tests are named`)
})

test('every row of the checklist names a test', () => {
  const rows = lines.filter((line) => line.startsWith('| ') && !/^\| (---|What|API) /.test(line))
  ok(rows.length > 50)
  deepEqual(
    rows.filter((row) => [...row.matchAll(REFERENCE)].length === 0),
    [],
  )
})

test('the checklist has a row for every API that is served, and for no other', () => {
  const rows = lines.flatMap((line) => {
    const [, name, key] = /^\| (\w+) \| (\d+) \|/.exec(line) ?? []
    return name ? [`${key} ${name}`] : []
  })
  const served = [...handlers.values()].map(({ api }) => `${api.key} ${api.name}`)
  deepEqual(rows.toSorted(), served.toSorted())
})
