/** The import graph is the architecture: a folder of `src` imports only what stands to its left in `LAYERS`. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'node:test'

const SOURCE = join(import.meta.dirname, 'src')
/** Left to right; neighbours in one step do not import each other. */
const LAYERS: readonly (readonly string[])[] = [
  ['host', 'metering'],
  ['storage'],
  ['flush', 'cleanup'],
  ['metadata'],
  ['replication'],
  ['runtime'],
  ['groups', 'transactions', 'sharing', 'events'],
  ['intake'],
  ['security'],
  ['server', 'rocketmq'],
  ['admin'],
]
const stepOf = new Map(LAYERS.flatMap((folders, step) => folders.map((folder) => [folder, step] as const)))

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
}

function importsOf(file: string): string[] {
  const source = readFileSync(file, 'utf8')
  const found = [...source.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)]
  return found.map((match) => resolve(dirname(file), match[1]!))
}

function folderOf(file: string): string | null {
  const path = relative(SOURCE, file)
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : null
}

/** Arrows that point the wrong way. */
function violations(): string[] {
  const wrong: string[] = []
  for (const file of filesBelow(SOURCE)) {
    const from = folderOf(file)
    if (from === null || file.endsWith('.test.ts')) continue
    if (!stepOf.has(from)) wrong.push(`${from}/ has no place in LAYERS`)
    for (const imported of importsOf(file)) {
      const to = folderOf(imported)
      if (to === from) continue
      const allowed = to !== null && stepOf.get(to)! < stepOf.get(from)!
      if (!allowed) wrong.push(`${relative(SOURCE, file)} imports ${relative(SOURCE, imported)}`)
    }
  }
  return wrong
}

test('folders import only from folders to their left', () => {
  assert.ok(filesBelow(SOURCE).length > 20)
  assert.deepEqual(violations(), [])
})
