/** What brokers speak to each other is served by every release from the first on, and does not rise with what is served. */
import { deepEqual, ok } from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { peerVersions } from '../src/replication/peers/peer-versions.ts'
import { handlers } from '../src/server/handlers/index.ts'

test('brokers of 0.1.0 speak these versions to each other, and serve them', () => {
  // Before one is raised here, a release that serves the newer version must be out: see peer-versions.ts.
  deepEqual(peerVersions, { Fetch: 18, Produce: 13, DescribeProducers: 0 })
  for (const [name, version] of Object.entries(peerVersions)) {
    const api = [...handlers.values()].find((handler) => handler.api.name === name)!.api
    ok(api.versions[0] <= version && version <= api.versions[1], name)
  }
})

test('no request between brokers names the newest version there is', () => {
  const source = join(import.meta.dirname, '../src')
  const files = readdirSync(source, { withFileTypes: true, recursive: true }).filter(({ name }) => name.endsWith('.ts'))
  const texts = files
    .filter(({ name }) => !name.endsWith('.test.ts'))
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'))
  const asking = texts.filter((text) => /[pP]eers\s*\.(send|request)\(/.test(text))
  ok(asking.length >= 2, 'those that ask are found')
  for (const text of asking) {
    ok(!/\.versions\[1\]/.test(text), text.slice(0, 200))
    ok(/peerVersions\./.test(text), text.slice(0, 200))
  }
})
