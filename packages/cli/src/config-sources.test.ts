import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Arguments, CommandError, UsageError } from './command.ts'
import { collectConfig } from './config-sources.ts'

const directory = mkdtempSync(join(tmpdir(), 'odradek-cli-'))
after(() => rmSync(directory, { recursive: true }))

function file(name: string, text: string): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

const collect = (flags: Record<string, unknown>, environment: Record<string, string> = {}) =>
  collectConfig(new Arguments(flags, []), environment)

const message = async (promise: Promise<unknown>, kind: typeof CommandError | typeof UsageError): Promise<string> => {
  try {
    await promise
  } catch (error) {
    assert.ok(error instanceof kind, String(error))
    return error.message
  }
  return assert.fail('it was accepted')
}

test('flags win over the environment, the environment over the file', async () => {
  const config = file('a.properties', 'log.retention.ms=1\nnum.partitions=1\nmessage.max.bytes=1\n')
  const environment = { ODRADEK_NUM_PARTITIONS: '2', ODRADEK_MESSAGE_MAX_BYTES: '2' }
  const collected = await collect({ config, set: ['message.max.bytes=3'] }, environment)
  assert.equal(collected.config['log.retention.ms'], 1)
  assert.equal(collected.config['num.partitions'], 2)
  assert.equal(collected.config['message.max.bytes'], 3)
})

test('YAML may be flat or nested, its scalars keep their text', async () => {
  const config = file(
    'b.yaml',
    [
      'log:',
      '  retention:',
      '    ms: 9223372036854775807',
      '  cleanup.policy: [compact, delete]',
      'auto.create.topics.enable: false',
      'log.segment.bytes: 16MiB',
      'listeners:',
      '  - A://127.0.0.1:0',
      '  - B://127.0.0.1:0',
    ].join('\n'),
  )
  const { texts } = await collect({ config })
  assert.deepEqual(texts, {
    'log.retention.ms': '9223372036854775807',
    'log.cleanup.policy': 'compact,delete',
    'auto.create.topics.enable': 'false',
    'log.segment.bytes': '16777216',
    listeners: 'A://127.0.0.1:0,B://127.0.0.1:0',
  })
})

test('an empty file sets nothing', async () => {
  assert.deepEqual((await collect({ config: file('empty.yaml', '') })).texts, {})
  assert.deepEqual((await collect({ config: file('empty.properties', '# nothing\n') })).texts, {})
})

test('a refused entry is named with where it stands', async () => {
  const config = file('c.yaml', 'log.retention.mss: 5\nnum.partitions: 0\n')
  assert.equal(
    await message(collect({ config, set: ['flush.mode=never'] }, { ODRADEK_REQUEST_LOG: 'yes' }), CommandError),
    [
      `${config}: Unknown key "log.retention.mss". Did you mean "log.retention.ms"?`,
      `odradek: ${config}: num.partitions must be at least 1, not 0`,
      'odradek: ODRADEK_REQUEST_LOG: request.log must be true or false, not "yes"',
      'odradek: --set: flush.mode must be one of async, sync, not "never"',
    ].join('\n'),
  )
})

test('a file that cannot be read, or is no config, says so in one line', async () => {
  assert.equal(
    await message(collect({ config: join(directory, 'none.yaml') }), CommandError),
    `cannot read the config file ${join(directory, 'none.yaml')}: there is no such file`,
  )
  assert.equal(
    await message(collect({ config: directory }), CommandError),
    `cannot read the config file ${directory}: it is a directory`,
  )
  const broken = file('broken.yaml', 'a: [1\n')
  assert.match(
    await message(collect({ config: broken }), CommandError),
    /^.*broken\.yaml: [^\n]+ at line \d+, column \d+$/,
  )
  const list = file('list.yaml', '- a\n')
  assert.deepEqual(
    (await message(collect({ config: list }), CommandError)).split(': ')[1],
    'the file must be keys with texts, numbers or lists of them',
  )
})

test('a key that every object has is still an unknown key', async () => {
  for (const key of ['__proto__', 'constructor', 'toString']) {
    assert.match(await message(collect({ set: [`${key}=1`] }), CommandError), new RegExp(`Unknown key "${key}"`))
  }
})

test('a variable that is nearly a key is answered with the one that was probably meant', async () => {
  const { warnings } = await collect({}, { ODRADEK_NUM_PARTITION: '3' })
  assert.deepEqual(warnings, [
    'the environment variable ODRADEK_NUM_PARTITION names no key and has no effect. Did you mean ODRADEK_NUM_PARTITIONS?',
  ])
})

test('a variable that names no key is passed over with a warning: orchestrators set such ones', async () => {
  const { warnings, texts } = await collect(
    {},
    { ODRADEK_SERVICE_HOST: '10.0.0.1', ODRADEK_NATIVE: 'off', PATH: '/bin' },
  )
  assert.deepEqual(warnings, ['the environment variable ODRADEK_SERVICE_HOST names no key and has no effect'])
  assert.deepEqual(texts, {})
})

test('--port and --host move the one listener and keep its name', async () => {
  const listeners = async (flags: Record<string, unknown>) => (await collect(flags)).config.listeners
  assert.deepEqual(await listeners({ port: '19092' }), ['PLAINTEXT://127.0.0.1:19092'])
  assert.deepEqual(await listeners({ host: '::1' }), ['PLAINTEXT://[::1]:9092'])
  assert.deepEqual(await listeners({ port: '1', set: ['listeners=LAN://10.0.0.1:9'] }), ['LAN://10.0.0.1:1'])
  assert.match(
    await message(collect({ port: '1', set: ['listeners=A://:1,B://:2'] }), UsageError),
    /set listeners instead/,
  )
  assert.equal(
    await message(collect({ port: '65536' }), UsageError),
    '--port must be a number from 0 to 65535, not "65536"',
  )
})

test('with --port 0 the admin listener takes a free port too, unless it is set', async () => {
  assert.equal((await collect({ port: '0' })).config['admin.listener'], '127.0.0.1:0')
  assert.equal((await collect({ port: '0', set: ['admin.listener='] })).config['admin.listener'], '')
  assert.equal((await collect({ port: '1' })).config['admin.listener'], '127.0.0.1:9644')
})

test('--set needs a key and a value, --data-dir is log.dirs', async () => {
  assert.equal(await message(collect({ set: ['a'] }), UsageError), '--set needs KEY=VALUE, not "a"')
  assert.deepEqual((await collect({ 'data-dir': '/x', set: ['log.dir=/y'] })).config['log.dirs'], ['/x'])
  assert.deepEqual((await collect({ set: ['log.dir=/y,/z'] })).config['log.dirs'], ['/y', '/z'])
})
