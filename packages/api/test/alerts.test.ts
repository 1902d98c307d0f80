/** Alerts against a broker: agreed to, fired once, sent, resolved, taken over by another console, and nothing sealed is told. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTopic, KeyedLog, produceMessage } from '@odradek/client'
import { ConsoleKey, forgetOldConsoleKeys, rotateConsoleKey } from '../src/access/console-key.ts'
import { AlertDesk } from '../src/alerts/alert-desk.ts'
import { Console, createCaller, createContext } from '../src/index.ts'
import { ConsoleScene } from './console-scene.ts'

const cluster = 'local'
const console = { alertIntervalMs: 25 }

interface Call {
  readonly body: { readonly id: string; readonly event: string; readonly subject: string; readonly value: number }
  readonly text: string
  readonly signature: string | undefined
}

/** A receiver of webhooks; `calls` are awaited one by one. */
async function receiver() {
  const waiting: ((call: Call) => void)[] = []
  const calls: Call[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString()
    const call = { body: JSON.parse(text), text, signature: String(request.headers['odradek-signature']) }
    response.writeHead(204).end()
    const next = waiting.shift()
    if (next) next(call)
    else calls.push(call)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/T0/secret-path`,
    calls,
    next: () => new Promise<Call>((resolve) => (calls.length > 0 ? resolve(calls.shift()!) : waiting.push(resolve))),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const text = (value: string) => ({ format: 'text', text: value }) as const
const deadLetters = { kind: 'deadLetters', threshold: 2, windowMs: 3_600_000 } as const

test('a rule needs an agreement; it fires once, tells its webhook once, and again when it is resolved', async () => {
  await using scene = await ConsoleScene.open({ console })
  await using hook = await receiver()
  const { alerts, audit } = scene.caller
  const kafka = scene.console.session(cluster).cluster
  assert.equal((await alerts.get({ cluster })).status.state, 'off')
  const rule = { cluster, name: 'Letters', scope: 'dlq.*', ...deadLetters, webhook: { url: hook.url, secret: 's3' } }
  await assert.rejects(alerts.save(rule), { code: 'PRECONDITION_FAILED' })
  await alerts.enable({ cluster })
  await assert.rejects(alerts.save({ ...rule, webhook: { url: 'http://169.254.169.254/' } }), /link-local/)
  const saved = await alerts.save(rule)
  assert.deepEqual(saved.webhook, { shown: `${new URL(hook.url).origin}/…`, isSigned: true })

  const topic = { name: 'dlq.billing', partitions: 1, configs: { 'dlq.group': 'billing' } }
  await createTopic(kafka, topic)
  const letter = () =>
    produceMessage(kafka, { topic: topic.name, key: text('k'), value: text('v'), headers: [], partition: 0 })
  await letter()
  await letter()
  const fired = await hook.next()
  assert.deepEqual([fired.body.event, fired.body.subject, fired.body.value], ['firing', 'dlq.billing', 2])
  assert.equal(fired.signature, `sha256=${createHmac('sha256', 's3').update(fired.text).digest('hex')}`)
  await letter()

  // Another threshold: no longer over it.
  const { webhook: _, ...fields } = rule
  await alerts.save({ ...fields, id: saved.id, threshold: 50 })
  const resolved = await hook.next()
  assert.deepEqual([resolved.body.event, resolved.body.subject], ['resolved', 'dlq.billing'])
  assert.notEqual(resolved.body.id, fired.body.id)
  assert.equal(hook.calls.length, 0, 'each was told once')

  const view = await alerts.get({ cluster })
  assert.equal(view.status.runner?.isHere, true)
  assert.deepEqual(
    view.incidents.map(({ state, subject, resolvedBy }) => [state, subject, resolvedBy]),
    [['resolved', 'dlq.billing', 'value']],
  )
  const told = JSON.stringify([view, await audit.list({ cluster })])
  assert.doesNotMatch(told, /secret-path|s3/, 'neither the address nor the secret is told again')
  assert.deepEqual(await alerts.test({ cluster, id: saved.id }), { status: 204, error: null })
  assert.equal((await hook.next()).body.event, 'test')
  await alerts.remove({ cluster, id: saved.id })
  assert.deepEqual((await alerts.get({ cluster })).rules, [])
})

test('a changed key: what the older sealed is called and sealed anew; without it the page says whose webhooks are not known', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'odradek-alerts-'))
  const keyFile = join(directory, 'users.key')
  try {
    await using scene = await ConsoleScene.open({ console: { ...console, keyFile } })
    await using hook = await receiver()
    const { alerts } = scene.caller
    await alerts.enable({ cluster })
    const saved = await alerts.save({ cluster, name: 'Disks', kind: 'disk', threshold: 1, webhook: { url: hook.url } })
    assert.equal((await hook.next()).body.event, 'firing')
    rotateConsoleKey(keyFile)
    assert.equal((await alerts.get({ cluster })).status.keyProblem, null)
    // Until the console has sealed it anew, forgetting the older key would lose it.
    const sealer = new ConsoleKey(keyFile)
    const isSealedAnew = async () => {
      const log = new KeyedLog(
        scene.console.session(cluster).cluster,
        'odradek-alerts',
        ({ value }) => {
          sealed = JSON.parse(value ?? '{}').webhook?.sealed ?? sealed
        },
        () => {},
      )
      await log.follow()
      return sealer.open(sealed, `alert webhook ${saved.id}`)?.isOld === false
    }
    let sealed = ''
    while (!(await isSealedAnew()));
    while ((await alerts.get({ cluster })).status.sealedByOlder > 0);
    forgetOldConsoleKeys(keyFile)
    assert.deepEqual(await alerts.test({ cluster, id: saved.id }), { status: 204, error: null })
    writeFileSync(keyFile, 'not a key')
    assert.match(
      (await alerts.get({ cluster })).status.keyProblem ?? '',
      /users\.key has no key of the console in line 1/,
    )
    await assert.rejects(alerts.save({ cluster, name: 'X', kind: 'disk', threshold: 1, webhook: { url: hook.url } }), {
      code: 'PRECONDITION_FAILED',
    })
    rmSync(keyFile)
    rotateConsoleKey(keyFile)
    const { status, rules } = await alerts.get({ cluster })
    assert.match(status.keyProblem ?? '', /another key sealed the webhooks of "Disks"/)
    assert.equal(rules[0]?.isWebhookLost, true)
    await assert.rejects(alerts.test({ cluster, id: saved.id }), /another key sealed it/)
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('while rules are sealed anew one can be removed and another changed: neither comes back as it was', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'odradek-alerts-'))
  const path = join(directory, 'users.key')
  /** Says when the first rule is sealed anew. */
  class ToldKey extends ConsoleKey {
    readonly sealing = Promise.withResolvers<void>()
    isTold = false
    override seal(text: string, purpose: string): string {
      if (this.isTold) this.sealing.resolve()
      return super.seal(text, purpose)
    }
  }
  const key = new ToldKey(path)
  try {
    await using scene = await ConsoleScene.open()
    const session = scene.console.session(cluster)
    const options = { session, key, isReadOnly: () => false, intervalMs: 25 }
    const desk = new AlertDesk(options)
    const fields = { kind: 'disk', scope: '', threshold: 100, forMs: 0, windowMs: 60_000, isEnabled: false } as const
    const save = (id: string | undefined, name: string) =>
      desk.save(id, { ...fields, name }, id === undefined ? { url: 'http://127.0.0.1:9/', secret: null } : 'keep', 'me')
    await desk.enable()
    const ids: string[] = []
    for (let n = 10; n < 40; n++) ids.push((await save(undefined, `rule ${n}`)).after.id)
    key.isTold = true
    rotateConsoleKey(path)
    await key.sealing.promise
    // Those that come last: they are sealed after this.
    await Promise.all([desk.remove(ids[29]!), save(ids[28], 'changed')])
    while ((await desk.view()).status.sealedByOlder > 0);
    const names = (await desk.view()).rules.map(({ name }) => name)
    assert.deepEqual([names.length, names[0], names.includes('rule 38')], [29, 'changed', false])
    await desk.close()
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('of two consoles one evaluates; when it goes the other does, and knows what fires', async () => {
  await using scene = await ConsoleScene.open({ console })
  const kafka = scene.console.session(cluster).cluster
  const { alerts } = scene.caller
  await alerts.enable({ cluster })
  await createTopic(kafka, { name: 'dlq.a', partitions: 1, configs: { 'dlq.group': 'a' } })
  const letter = { topic: 'dlq.a', key: text('k'), value: text('v'), headers: [], partition: 0 } as const
  for (let n = 0; n < 2; n++) await produceMessage(kafka, letter)
  await alerts.save({ cluster, name: 'Letters', ...deadLetters })
  while ((await alerts.get({ cluster })).incidents.length === 0);
  const settings = { id: cluster, bootstrap: [scene.broker.address] }
  await using other = new Console({ clusters: [settings], ...console })
  const context = await createContext(other, { header: () => null, remoteAddress: '127.0.0.1' })
  const look = createCaller(context).alerts
  let view = await look.get({ cluster })
  assert.deepEqual([view.status.runner?.isHere, view.incidents.length], [false, 1])
  await scene.console.close()
  while (view.status.runner?.isHere !== true) view = await look.get({ cluster })
  assert.deepEqual(
    view.incidents.map(({ state, subject }) => [state, subject]),
    [['firing', 'dlq.a']],
  )
})

test('in read-only mode nothing is evaluated, and the view says so', async () => {
  await using scene = await ConsoleScene.open({ console })
  await scene.caller.alerts.enable({ cluster })
  await scene.caller.alerts.save({ cluster, name: 'Disks', kind: 'disk', threshold: 1 })
  let view = await scene.caller.alerts.get({ cluster })
  while (view.incidents.length === 0) view = await scene.caller.alerts.get({ cluster })
  assert.equal(view.incidents[0]?.kind, 'disk')
  await scene.console.close()
  const settings = { id: cluster, bootstrap: [scene.broker.address], readOnly: true }
  await using guarded = new Console({ clusters: [settings], ...console })
  const context = await createContext(guarded, { header: () => null, remoteAddress: '127.0.0.1' })
  const seen = await createCaller(context).alerts.get({ cluster })
  assert.equal(seen.status.state, 'paused')
  assert.match(seen.status.reason ?? '', /read-only/)
  assert.equal(seen.incidents.length, 1)
})
