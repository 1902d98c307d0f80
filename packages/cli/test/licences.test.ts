import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

/** Licences that may be passed on with an Apache-2.0 work without further conditions than naming them. */
const ALLOWED = new Set(['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'BlueOak-1.0.0'])

/** The others, each known by name, all of them what the console is built with; of its package only the fonts are a part, with their licence. */
const STATED: readonly (readonly [name: RegExp, licence: string, why: string])[] = [
  [/^geist$/, 'SIL OPEN FONT LICENSE', 'the fonts, as they are'],
  [/^caniuse-lite$/, 'CC-BY-4.0', 'data about browsers, read while building'],
  [/^lightningcss(-|$)/, 'MPL-2.0', 'reads CSS while building'],
  [
    /^@img\/sharp-libvips-/,
    'LGPL-3.0-or-later',
    'an optional library of Next for images, which the console never asks for',
  ],
]

test('what is shipped has a licence that goes with ours', () => {
  const root = join(import.meta.dirname, '../../..')
  const pnpm = join(root, 'node_modules/.bin/pnpm')
  const output = execFileSync(pnpm, ['licenses', 'list', '--prod', '--json', '-r'], { cwd: root, encoding: 'utf8' })
  const byLicence: Record<string, { name: string }[]> = JSON.parse(output)
  assert.ok(Object.keys(byLicence).length > 0)
  const others = Object.entries(byLicence).flatMap(([licence, dependencies]) => {
    if (isAllowed(licence)) return []
    const isStated = (name: string) => STATED.some(([known, ...stated]) => known.test(name) && stated[0] === licence)
    return dependencies.filter(({ name }) => !isStated(name)).map(({ name }) => `${name}: ${licence}`)
  })
  assert.deepEqual(others, [])
})

/** Of `A AND B` each must be allowed. */
function isAllowed(licence: string): boolean {
  const parts = licence.replace(/^\((.*)\)$/, '$1').split(' AND ')
  return parts.every((part) => ALLOWED.has(part))
}
