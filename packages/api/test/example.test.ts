import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'
import { procedurePermissions, UserFile } from '../src/index.ts'
import { ConsoleScene } from './console-scene.ts'
import { ServedConsole } from './served-console.ts'

const example = join(import.meta.dirname, '../examples/lagging-groups.ts')
const document = join(import.meta.dirname, '../../../docs/api.md')

test('docs/api.md shows the example as it is, and every procedure with its permission', async () => {
  const text = await readFile(document, 'utf8')
  assert.ok(
    text.includes(await readFile(example, 'utf8')),
    'the example in docs/api.md is not that in packages/api/examples',
  )
  for (const [path, permission] of Object.entries(procedurePermissions)) {
    assert.ok(text.includes(`| \`${path}\` | ${permission} |`), `docs/api.md has no row for ${path} (${permission})`)
  }
  const rows = text.match(/^\| `\w+\.\w+` \|/gm) ?? []
  assert.equal(
    rows.length,
    Object.keys(procedurePermissions).length,
    'docs/api.md has rows for procedures that are gone',
  )
})

test('the example signs in and says which groups lag, and why', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'odradek-users-'))
  const users = join(folder, 'users.json')
  await new UserFile(users).put('ann', 'correct horse', { '*': { role: 'viewer', payloads: false } })
  await using scene = await ConsoleScene.open({ console: { users } })
  await using served = await ServedConsole.open(scene.console)
  const options = { clientId: 'test', bootstrapBrokers: [scene.broker.address] }
  const producer = new Producer({ ...options, serializers: stringSerializers, autocreateTopics: true })
  await producer.send({ messages: [{ topic: 'orders', key: 'k', value: 'v' }], acks: -1 })
  await producer.close()
  const consumer = new Consumer({ ...options, groupId: 'billing', deserializers: stringDeserializers })
  await consumer.joinGroup({})
  await consumer.commit({ offsets: [{ topic: 'orders', partition: 0, offset: 0n, leaderEpoch: 0 }] })
  await consumer.leaveGroup()
  await consumer.close()
  const env = { ...process.env, CONSOLE_USER: 'ann', CONSOLE_PASSWORD: 'correct horse' }
  const run = promisify(execFile)
  const { stdout } = await run(process.execPath, [example, served.url, 'local'], { env, timeout: 30_000 })
  assert.equal(
    stdout,
    'billing: Empty, lag 1\n  The group has no member, and 1 records wait. Start the consumers of the group.\n',
  )
  const refused = run(process.execPath, [example, served.url, 'local'], { timeout: 30_000 })
  await assert.rejects(refused, /Sign in first/)
  await rm(folder, { recursive: true })
})
