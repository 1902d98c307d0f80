/** Keeps the table of sentences by the side of the code that says them: what is said anew needs a row, and no row is left over. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { kafkaErrorOfText } from '@odradek/client'
import { failureSentences, readFailure } from './failure-sentences.ts'

const LITERAL = /'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g
/** Their sentences are all about failures. */
const WHOLE = /cluster-errors\.ts$|api\/src\/failure\.ts$/

const packages = join(import.meta.dirname, '../..')
const sources = globSync('{client,api}/src/**/*.ts', { cwd: packages })
  .filter((file) => !file.endsWith('.test.ts') && !file.endsWith('failure-sentences.ts'))
  .map((file) => ({ file, text: readFileSync(join(packages, file), 'utf8').replace(/^\s*(\/\/|\*|\/\*\*).*$/gm, '') }))

/** The same wherever values come: `{}`. */
function shape(sentence: string): string {
  return sentence.replace(/\$?\{[^}]*\}/g, '{}').replace(/\\(['"`])/g, '$1')
}

function literals(text: string): string[] {
  return [...text.matchAll(LITERAL)].map((match) => shape(match[1] ?? match[2] ?? match[3] ?? ''))
}

/** What is between the parenthesis before `from` and the one that closes it. */
function argumentsAt(text: string, from: number): string {
  let depth = 1
  let at = from
  for (; at < text.length && depth > 0; at++) depth += text[at] === '(' ? 1 : text[at] === ')' ? -1 : 0
  return text.slice(from, at)
}

const shapes = new Set(Object.values(failureSentences).map(shape))

test('every sentence of a refusal, and what to do, has a row', () => {
  const missing: string[] = []
  let seen = 0
  for (const { file, text } of sources) {
    const parts = WHOLE.test(file)
      ? [text]
      : [...text.matchAll(/(?:RefusedError|UnreachableError|\brefuse)\(|\bremedy\b[^\n]*[:=]/g)].map((match) => {
          const from = match.index + match[0].length
          return match[0].endsWith('(') ? argumentsAt(text, from) : text.slice(from, text.indexOf('\n', from + 2))
        })
    for (const sentence of parts.flatMap(literals)) {
      if (!/^[A-Z"{].*\.$/.test(sentence)) continue
      seen++
      if (!shapes.has(sentence) && kafkaErrorOfText(sentence) === null) missing.push(`${file}: ${sentence}`)
    }
  }
  assert.ok(seen > 100, `only ${seen} sentences were found`)
  assert.deepEqual(missing, [], 'to be told in failure-sentences.ts and in apps/console/messages/failures.zh.json, too')
})

test('no row is of a sentence that nobody says', () => {
  const said = new Set(sources.flatMap(({ text }) => literals(text)))
  const left = Object.values(failureSentences).filter((sentence) => !said.has(shape(sentence)))
  assert.deepEqual(left, [])
})

test('a sentence is read as its code and what it names', () => {
  for (const [code, template] of Object.entries(failureSentences)) {
    const values: Record<string, string> = {}
    const sentence = template.replace(
      /\{(\w+)\}/g,
      (_, name: string) => (values[name] = `x${Object.keys(values).length}`),
    )
    assert.deepEqual(readFailure(sentence), { code, values })
  }
  assert.deepEqual(readFailure('There is no such group.'), { code: 'GROUP_ID_NOT_FOUND', values: {} })
  assert.deepEqual(readFailure('Type orders of mine.'), { code: 'doType', values: { name: 'orders of mine' } })
  assert.equal(readFailure('Something that a broker says in its own words'), null)
})
