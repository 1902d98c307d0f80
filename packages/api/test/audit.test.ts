import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Console, createCaller, createContext } from '../src/index.ts'
import { ConsoleScene } from './console-scene.ts'

const cluster = 'local'

test('changes are kept here until somebody agrees to a topic, then there, and outlive the console', async () => {
  await using scene = await ConsoleScene.open()
  const { caller, broker } = scene
  await caller.topics.create({ cluster, topic: 'orders' })
  await caller.topics.create({ cluster, topic: 'orders' }).catch(() => {})
  await caller.topics.create({ cluster, topic: 'not-made', validateOnly: true })
  const before = await caller.audit.list({ cluster })
  assert.equal(before.status.state, 'off')
  assert.deepEqual(
    before.entries.map(({ action, resource, error }) => [action, resource, error !== null]),
    [
      ['topics.create', 'topic orders', true],
      ['topics.create', 'topic orders', false],
    ],
  )
  assert.equal((await caller.topics.list({ cluster, internal: true })).rows.length, 1, 'no topic was made unasked')

  await caller.audit.enable({ cluster })
  await caller.topics.setConfig({ cluster, topic: 'orders', name: 'retention.ms', value: '60000' })
  const page = await caller.audit.list({ cluster })
  assert.deepEqual([page.status.state, page.status.unwritten], ['on', 0])
  assert.deepEqual(
    page.entries.map(({ action }) => action),
    ['topics.setConfig', 'audit.enable', 'topics.create', 'topics.create'],
  )
  assert.deepEqual(page.entries[0]?.after, { 'retention.ms': '60000', origin: 'topic' })

  await using later = new Console({ clusters: [{ id: cluster, bootstrap: [broker.address] }] })
  const context = await createContext(later, { header: () => null, remoteAddress: '' })
  const seen = await createCaller(context).audit.list({ cluster, search: 'RETENTION setconfig' })
  assert.equal(seen.entries.length, 0, 'the search looks at who, what and where')
  const found = await createCaller(context).audit.list({ cluster, search: 'orders SETCONFIG' })
  assert.deepEqual(found.entries, page.entries.slice(0, 1))
})

test('the audit is read page by page', async () => {
  await using scene = await ConsoleScene.open()
  const { caller } = scene
  await caller.audit.enable({ cluster })
  for (let i = 0; i < 5; i++) await caller.topics.create({ cluster, topic: `t${i}` })
  const first = await caller.audit.list({ cluster, count: 4 })
  const second = await caller.audit.list({ cluster, count: 4, before: first.before! })
  assert.deepEqual(
    [...first.entries, ...second.entries].map(({ resource }) => resource),
    ['topic t4', 'topic t3', 'topic t2', 'topic t1', 'topic t0', 'topic odradek-audit'],
  )
  assert.equal(second.before, null)
})

test('a search goes back beyond the page that it fills, and says how far', async () => {
  await using scene = await ConsoleScene.open()
  const { caller } = scene
  await caller.audit.enable({ cluster })
  for (let i = 0; i < 5; i++) await caller.topics.create({ cluster, topic: `t${i}` })
  const page = await caller.audit.list({ cluster, count: 2, search: 'topic t0' })
  assert.deepEqual([page.entries.map(({ resource }) => resource), page.searched], [['topic t0'], 6])
  assert.equal((await caller.audit.list({ cluster, count: 2, search: 'topic t9' })).before, null)
})

test('an entry that cannot be written waits, and the status says why; it is written when that is over', async () => {
  await using scene = await ConsoleScene.open({ metadataAgeMaxMs: 0 })
  const { caller, console } = scene
  await caller.audit.enable({ cluster })
  await caller.topics.setConfig({ cluster, topic: 'odradek-audit', name: 'max.message.bytes', value: '10' })
  await caller.topics.create({ cluster, topic: 'orders' })
  const status = await caller.audit.status({ cluster })
  assert.equal(status.state, 'failing')
  assert.match(status.reason ?? '', /max.message.bytes is 10/)
  const page = await caller.audit.list({ cluster })
  assert.equal(page.entries[0]?.resource, 'topic orders', 'it is shown all the same')
  await caller.topics.resetConfig({ cluster, topic: 'odradek-audit', name: 'max.message.bytes' })
  assert.equal((await console.audit(cluster).status()).unwritten, 0)
})

test('what a message says does not go into the audit', async () => {
  await using scene = await ConsoleScene.open()
  const { caller } = scene
  await caller.topics.create({ cluster, topic: 'orders' })
  const text = (words: string) => ({ format: 'text', text: words }) as const
  const headers = [{ key: 'h', value: text('secret-header') }]
  await caller.messages.produce({
    cluster,
    topic: 'orders',
    key: text('secret-key'),
    value: text('secret-value'),
    headers,
  })
  const { entries } = await caller.audit.list({ cluster, search: 'messages.produce' })
  assert.equal(entries.length, 1)
  assert.doesNotMatch(JSON.stringify(entries), /secret/)
  assert.match(JSON.stringify(entries[0]?.input), /"topic":"orders"/)
})
