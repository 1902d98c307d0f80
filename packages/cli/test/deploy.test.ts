/** What docs/deploy.md gives to copy: units, files of containers and of brokers are read, and their brokers' words and keys are known. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { type Command, parseArguments } from '../src/command.ts'
import { broker } from '../src/commands/broker.ts'
import { up } from '../src/commands/up.ts'
import { collectConfig } from '../src/config-sources.ts'

const text = readFileSync(join(import.meta.dirname, '../../../docs/deploy.md'), 'utf8')
const commands: Readonly<Record<string, Command>> = { broker, up }

/** The block of a language that has these words. */
function block(language: string, words: string): string {
  const blocks = [...text.matchAll(/```(\w+)\n(.*?)```/gs)].filter((match) => match[1] === language)
  const found = blocks.map((match) => match[2]!).find((lines) => lines.includes(words))
  assert.ok(found, `docs/deploy.md has a block of ${language} with ${words}`)
  return found
}

/** What a broker makes of `words`, which stand behind `odradek`; throws where it would refuse them. */
async function configOf(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const command = commands[words[0]!]
  assert.ok(command, `odradek ${words.join(' ')}`)
  const args = parseArguments(command, words.slice(1))
  const own = Object.keys(command.flags ?? {}).filter((flag) => !Object.hasOwn(broker.flags ?? {}, flag))
  const { config, warnings } = await collectConfig(args.without(...own), environment)
  assert.deepEqual(warnings, [])
  return config
}

/** The settings of a unit by section; one that stands twice is in it twice. */
function sectionsOf(unit: string): Map<string, Map<string, string[]>> {
  const sections = new Map<string, Map<string, string[]>>()
  let section: Map<string, string[]> | null = null
  for (const line of unit.split('\n').filter((one) => one !== '' && !/^[#;]/.test(one))) {
    const [, title] = /^\[(\w+)\]$/.exec(line) ?? []
    if (title !== undefined) {
      section = new Map()
      sections.set(title, section)
      continue
    }
    const [, key, value] = /^(\w+)=(.*)$/.exec(line) ?? []
    assert.ok(section !== null && key !== undefined, `"${line}" is no line of a unit`)
    section.set(key, [...(section.get(key) ?? []), value!])
  }
  return sections
}

test('the file of a broker on several machines has keys that are known, and makes the mode it stands for', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'odradek-deploy-'))
  try {
    const file = join(directory, 'broker.yaml')
    writeFileSync(file, block('yaml', 'node.id: 1'))
    const config = await configOf(['broker', '--config', file])
    assert.deepEqual(
      [
        config['node.id'],
        config['replication.mode'],
        config['min.insync.replicas'],
        config['default.replication.factor'],
      ],
      [1, 'sync', 2, 3],
    )
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})

test('the unit is one, and what it starts is a command', async () => {
  const unit = block('ini', '[Service]')
  const sections = sectionsOf(unit)
  assert.deepEqual([...sections.keys()], ['Unit', 'Service', 'Install'])
  const service = sections.get('Service')!
  const [program = '', ...words] = service.get('ExecStart')!.join().split(' ')
  assert.match(program, /^\/opt\/odradek\/.*\/odradek$/)
  assert.equal(words[0], 'broker')
  parseArguments(broker, words.slice(1))
  // Longer than a broker takes to hand over and to flush.
  assert.ok(Number(service.get('TimeoutStopSec')!.join()) >= 60)
  const [, whole] =
    /ExecStart=\S+\/odradek (up [^`]+)/.exec(text.slice(text.indexOf('For a whole cluster on one machine'))) ?? []
  await configOf(whole!.split(' '))
  if (spawnSync('systemd-analyze', ['--version']).status !== 0) return
  const directory = mkdtempSync(join(tmpdir(), 'odradek-unit-'))
  try {
    const file = join(directory, 'odradek.service')
    // The program has to be there, and the user.
    writeFileSync(file, unit.replace(program, process.execPath).replace(/^User=.*\n/m, ''))
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' })
    const complaints = (stdout + stderr).split('\n').filter((line) => line.includes('odradek.service'))
    assert.deepEqual([complaints, status], [[], 0], stdout + stderr)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})

test('the container starts a broker that others reach', async () => {
  const lines = block('dockerfile', 'ENTRYPOINT').trim().split('\n')
  const instructions = lines.map((line) => /^([A-Z]+) (.+)$/.exec(line))
  assert.ok(
    instructions.every((match) => match !== null),
    lines.join('\n'),
  )
  const lastOf = (name: string) => instructions.findLast((match) => match![1] === name)![2]!
  assert.match(JSON.parse(lastOf('ENTRYPOINT')).join(), /odradek$/)
  const config = await configOf(JSON.parse(lastOf('CMD')))
  assert.deepEqual(
    [config.listeners, config['log.dirs']],
    [['PLAINTEXT://0.0.0.0:9092'], [JSON.parse(`"${lastOf('VOLUME')}"`)]],
  )
  assert.ok(lastOf('EXPOSE').split(' ').includes('9092'))
})

interface Service {
  readonly command?: string | readonly string[]
  readonly environment?: Readonly<Record<string, string | number>>
  readonly depends_on?: readonly string[]
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
}

test('the composition has three brokers in racks of their own that are reached where they say', async () => {
  const { services, volumes } = parse(block('yaml', 'services:'), { merge: true }) as {
    services: Record<string, Service>
    volumes: Record<string, object>
  }
  const brokers = Object.entries(services).filter(([name]) => name.startsWith('broker-'))
  const seen = await Promise.all(
    brokers.map(async ([name, { command, environment = {}, depends_on = [], ports = [], volumes: mounts = [] }]) => {
      assert.ok(typeof command === 'object', `${name} has a list of words`)
      const texts = Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, String(value)]))
      const config = await configOf(command, texts)
      for (const other of depends_on) assert.ok(Object.hasOwn(services, other), `${name} needs ${other}`)
      for (const mount of mounts) assert.ok(Object.hasOwn(volumes, mount.split(':')[0]!), `${name} keeps ${mount}`)
      assert.ok(mounts.some((mount) => mount.endsWith(`:${config['log.dirs'].join()}`)))
      const [published] = ports.map((pair) => pair.split(':'))
      assert.equal(config['advertised.listeners'][1], `PLAINTEXT://localhost:${published![0]}`)
      assert.equal(config.listeners[1], `PLAINTEXT://0.0.0.0:${published![1]}`)
      assert.equal(config['advertised.listeners'][0], `INTERNAL://${name}:19092`)
      const host = new URL(config['metadata.store'].slice('etcd:'.length)).hostname
      assert.ok(Object.hasOwn(services, host), `${name} finds ${host}`)
      return { id: config['node.id'], rack: config['broker.rack'], port: published![0] }
    }),
  )
  assert.equal(seen.length, 3)
  for (const key of ['id', 'rack', 'port'] as const) assert.equal(new Set(seen.map((one) => one[key])).size, 3, key)
})
