import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

/** Licences that may be passed on with an Apache-2.0 work without further conditions than naming them. */
const ALLOWED = new Set(['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD'])

test('what is shipped has a licence that goes with ours', () => {
  const root = join(import.meta.dirname, '../../..')
  const pnpm = join(root, 'node_modules/.bin/pnpm')
  const output = execFileSync(pnpm, ['licenses', 'list', '--prod', '--json', '-r'], { cwd: root, encoding: 'utf8' })
  const byLicence: Record<string, { name: string }[]> = JSON.parse(output)
  assert.ok(Object.keys(byLicence).length > 0)
  const others = Object.entries(byLicence).filter(([licence]) => !ALLOWED.has(licence))
  assert.deepEqual(
    others.map(([licence, dependencies]) => [licence, dependencies.map(({ name }) => name)]),
    [],
  )
})
