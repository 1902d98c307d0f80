/**
 * docs/client-guide.md: its Python and TypeScript programs do what the text says. A block is run where its fence says
 * `run=NAME`; a program that reads for ever is ended once it has done its part.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { IncrementalAlterConfigs, Metadata } from '@odradek/protocol'
import type { Broker } from '../../src/broker.ts'
import { startBroker } from '../../src/start-broker.ts'
import { headerOf, readUntil } from '../intake/timed-topic.ts'
import { WireTopic } from '../protocol/wire-topic.ts'
import { WireClient } from '../wire-client.ts'
import { createTopic } from './create-topic.ts'
import { needsKafkaPython } from './tools.ts'

const guide = readFileSync(join(import.meta.dirname, '../../../../docs/client-guide.md'), 'utf8')
// Beside the broker, so that the programs find the client.
const scratch = await mkdtemp(join(import.meta.dirname, '../../guide-'))
after(() => rm(scratch, { recursive: true, force: true }))

interface Language {
  readonly name: string
  readonly fence: string
  readonly needs: { readonly skip: string | false }
  readonly command: string
}

const languages: readonly Language[] = [
  { name: 'Python', fence: 'python', needs: needsKafkaPython, command: '/usr/bin/python3' },
  { name: 'TypeScript', fence: 'ts', needs: { skip: false }, command: process.execPath },
]

/** Starts a program of the guide; `ended` resolves with what it said, once `until` resolves or it ends by itself. */
async function run(
  { fence, command }: Language,
  name: string,
  bootstrap: string,
  until?: Promise<unknown>,
): Promise<string> {
  const start = guide.indexOf(`\`\`\`${fence} run=${name}\n`)
  assert.ok(start >= 0, `the guide has a program ${name} in ${fence}`)
  const text = guide.slice(guide.indexOf('\n', start) + 1, guide.indexOf('\n```', start))
  const path = join(scratch, `${name}.${fence === 'ts' ? 'ts' : 'py'}`)
  await writeFile(path, text)
  const child = spawn(command, [path], {
    env: { ...process.env, BOOTSTRAP: bootstrap },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk))
  child.stderr.on('data', (chunk: Buffer) => (said += chunk))
  const exit = once(child, 'exit') as Promise<[number | null, string | null]>
  const failed = exit.then(([code]) => {
    if (until !== undefined || code !== 0) throw new Error(`${name} in ${fence} ended with ${code}:\n${said}`)
  })
  try {
    await (until === undefined ? failed : Promise.race([until, failed]))
  } finally {
    child.kill('SIGKILL')
    failed.catch(() => {})
    await exit
  }
  return said
}

for (const language of languages) {
  describe(`the client guide in ${language.name}`, { ...language.needs, timeout: 120_000 }, () => {
    async function scene(play: (broker: Broker, client: WireClient) => Promise<void>): Promise<void> {
      await using broker = await startBroker()
      using client = await WireClient.connect(broker.port)
      await play(broker, client)
    }

    test('a reminder comes after a while', () =>
      scene(async (broker, client) => {
        await createTopic(broker.address, 'reminders', { configs: { 'message.type': 'DELAY' } })
        await run(language, 'delay', broker.address)
        const [record] = await readUntil(new WireTopic(client, 'reminders', ''), 1)
        assert.deepEqual([record!.key, record!.value], ['anna', 'call back'])
        assert.ok(record!.timestamp - Number(headerOf(record!, 'BORN_TIMESTAMP')) >= 1_400)
      }))

    test('an order that cannot be paid is retried, and becomes a dead letter; the others are paid', () =>
      scene(async (broker, client) => {
        await createTopic(broker.address, 'orders')
        await configure(client, 'payments', { 'retry.max.times': '2', 'retry.delay.levels': '20ms' })
        const orders = new WireTopic(client, 'orders', '')
        await orders.write('order 1', 'invalid order 2', 'order 3')
        const dead = async () => {
          while ((await client.send(Metadata, 12, { topics: [{ name: 'dlq.payments' }] })).topics[0]!.errorCode !== 0);
          return await readUntil(new WireTopic(client, 'dlq.payments', ''), 1)
        }
        const letters = dead()
        const said = await run(language, 'retry', broker.address, letters)
        assert.ok(said.indexOf('paid order 1\n') < said.indexOf('paid order 3\n'), said)
        const [letter] = await letters
        assert.equal(letter!.value, 'invalid order 2')
        assert.deepEqual([headerOf(letter!, 'ORIGIN_TOPIC'), headerOf(letter!, 'ORIGIN_OFFSET')], ['orders', '1'])
        const attempts = JSON.parse(headerOf(letter!, 'ATTEMPTS')!) as { error: string }[]
        assert.equal(attempts.length, 3)
        for (const { error } of attempts) assert.match(error, /this order cannot be paid/)
      }))
  })
}

async function configure(client: WireClient, group: string, configs: Record<string, string>): Promise<void> {
  const changes = Object.entries(configs).map(([name, value]) => ({ name, value, configOperation: 0 }))
  const { responses } = await client.send(IncrementalAlterConfigs, 1, {
    resources: [{ resourceType: 32, resourceName: group, configs: changes }],
  })
  assert.equal(responses[0]!.errorCode, 0)
}
