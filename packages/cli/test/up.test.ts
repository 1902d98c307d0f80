/** `odradek up` and what goes with it, as somebody types it. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { odradek, type Running, runOdradek } from './odradek.ts'

interface Status {
  readonly running: boolean
  readonly brokers: readonly {
    readonly nodeId: number
    readonly pid: number
    readonly state: string
    readonly restarts: number
  }[]
  readonly cluster: {
    readonly brokers: readonly {
      readonly id: number
      readonly leaders: number
      readonly inSync: number
      readonly replicas: number
    }[]
    readonly underReplicated: readonly object[]
  } | null
}

/** A directory that is gone at the end of its scope. */
function temporaryDirectory() {
  const path = mkdtempSync(join(tmpdir(), 'odradek-up-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

async function listening(up: Running, brokers: number): Promise<string[]> {
  const addresses: string[] = []
  for (let index = 0; index < brokers; index++) {
    const { value, done } = await up.stdout.next()
    assert.equal(done, false, up.stderr())
    assert.match(value, /^Listening on 127\.0\.0\.1:\d+$/)
    addresses.push(value.slice('Listening on '.length))
  }
  return addresses
}

async function statusOf(directory: string): Promise<Status> {
  const { stdout } = await runOdradek(['status', '--data-dir', directory, '--json'])
  return JSON.parse(stdout)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Asks until it is as it should be; gives up far beyond what anything here takes. */
async function untilStatus(directory: string, isReached: (status: Status) => boolean): Promise<void> {
  const until = performance.now() + 60_000
  for (;;) {
    const status = await statusOf(directory)
    if (isReached(status)) return
    assert.ok(performance.now() < until, JSON.stringify(status))
    await setTimeout(100)
  }
}

type Happened = Readonly<Record<string, unknown>>

/** Asks for the history until events with these fields are in it. The topic it is in is made a while after the brokers came. */
async function untilHistory(bootstrap: readonly string[], wanted: readonly Happened[]): Promise<Happened[]> {
  const until = performance.now() + 60_000
  for (;;) {
    const { code, stdout, stderr } = await runOdradek(['cluster', 'history', '--json', ...bootstrap])
    const events: Happened[] = code === 0 ? JSON.parse(stdout).events : []
    const has = (fields: Happened) =>
      events.some((event) => Object.keys(fields).every((key) => event[key] === fields[key]))
    if (wanted.every(has)) return events
    assert.ok(performance.now() < until, stdout + stderr)
    await setTimeout(100)
  }
}

const words = (directory: string, ...more: string[]) => [
  'up',
  '--port',
  '0',
  '--data-dir',
  directory,
  '--no-console',
  ...more,
]

test('three brokers with followers: started, seen, moved, restarted after a kill, stopped in order', async () => {
  using directory = temporaryDirectory()
  const mode = ['--mode', 'sync-replica', '--brokers', '3']
  await using up = odradek(words(directory.path, ...mode, '--set', 'offsets.topic.num.partitions=3'))
  const addresses = await listening(up, 3)
  assert.equal(new Set(addresses).size, 3)
  const bootstrap = ['--bootstrap', addresses.join(',')]

  const made = await runOdradek(['topics', 'create', 'orders', '--partitions', '3', ...bootstrap])
  assert.match(made.stdout, /3 partitions, 3 replicas each/, made.stderr)
  const described = await runOdradek(['cluster', 'describe', '--json', ...bootstrap])
  const { brokers, controllerId } = JSON.parse(described.stdout)
  // The topic of the cluster's history may be there already.
  const [least, most] = [3, 4]
  for (const [index, { id, leads, replicas }] of brokers.entries()) {
    assert.deepEqual([id, leads >= 1, replicas >= least && replicas <= most], [index + 1, true, true], described.stdout)
  }
  assert.equal(brokers.length, 3)
  assert.ok([1, 2, 3].includes(controllerId))
  const config = await runOdradek(['topics', 'describe', 'orders', ...bootstrap])
  assert.equal(config.code, 0, config.stderr)

  // One that is killed is started again, under its old address, and catches up.
  const before = await statusOf(directory.path)
  const victim = before.brokers[1]!
  process.kill(victim.pid, 'SIGKILL')
  await untilStatus(directory.path, ({ brokers: [, broker], cluster }) => {
    const isWell = cluster?.underReplicated.length === 0 && cluster.brokers.length === 3
    return broker!.restarts > 0 && broker!.state === 'serving' && isWell
  })
  assert.match(up.stderr(), /broker 2 ended \(SIGKILL\) and is started again/)
  const elected = await runOdradek(['cluster', 'elect-leaders', ...bootstrap])
  assert.equal(elected.code, 0, elected.stdout + elected.stderr)

  const killed = { broker: victim.nodeId, kind: 'brokerDown' }
  const history = await untilHistory(bootstrap, [killed, { topic: 'orders', kind: 'isrShrunk' }])
  assert.ok(history.some(({ kind, topic }) => kind === 'isrExpanded' && topic === 'orders'))
  const ofBroker = ['cluster', 'history', '--broker', '2', '--kind', 'brokerDown', ...bootstrap]
  assert.match((await runOdradek(ofBroker)).stdout, /broker 2 +is gone: its lease ended/)

  // Emptied of its partitions.
  const reassign = ['cluster', 'reassign', '--brokers', '1,3', '--replicas', '2', ...bootstrap]
  const plan = await runOdradek(reassign)
  assert.match(plan.stdout, /4 partitions would be moved. --apply does it/, plan.stderr)
  const applied = await runOdradek([...reassign, '--apply'])
  assert.match(applied.stdout, /4 partitions are being moved/, applied.stderr)
  await untilStatus(directory.path, ({ cluster }) => cluster?.brokers.find(({ id }) => id === 2)?.replicas === 0)

  const shown = await runOdradek(['status', '--data-dir', directory.path])
  assert.match(shown.stdout, /^sync-replica, 3 brokers, process \d+/)
  assert.match(shown.stdout, /4 partitions: 0 under-replicated, 0 offline/)

  const twice = await runOdradek(words(directory.path))
  assert.deepEqual([twice.code, /is in use by odradek up/.test(twice.stderr)], [1, true], twice.stderr)

  up.process.kill('SIGTERM')
  assert.equal(await up.ended(), 0)
  assert.equal(
    (await runOdradek(['status', '--data-dir', directory.path])).stdout,
    `Nothing runs in ${directory.path}.`,
  )
  for (const id of [1, 2, 3]) {
    const log = readFileSync(join(directory.path, 'logs', `broker-${id}.log`), 'utf8')
    assert.match(log, /Listening on/)
    assert.ok(readFileSync(join(directory.path, 'brokers', `${id}`, '.kafka_cleanshutdown')), 'stopped in order')
  }
})

test('brokers whose supervisor is killed stop in order, and start again with the next', async () => {
  using directory = temporaryDirectory()
  let brokers: Status['brokers']
  {
    await using up = odradek(words(directory.path, '--mode', 'multi-master', '--brokers', '2'))
    const addresses = await listening(up, 2)
    const made = await runOdradek(['topics', 'create', 'kept', '--partitions', '2', '--bootstrap', addresses[0]!])
    assert.equal(made.code, 0, made.stderr)
    brokers = (await statusOf(directory.path)).brokers
    up.process.kill('SIGKILL')
    await up.ended()
  }
  const until = performance.now() + 60_000
  for (const { pid } of brokers) {
    while (isAlive(pid)) {
      assert.ok(performance.now() < until, `process ${pid} goes on`)
      await setTimeout(50)
    }
  }
  for (const id of [1, 2]) assert.ok(readFileSync(join(directory.path, 'brokers', `${id}`, '.kafka_cleanshutdown')))
  // As after a power failure: the process id that was noted is another process's now.
  const stateFile = join(directory.path, 'up.json')
  const state = JSON.parse(readFileSync(stateFile, 'utf8'))
  writeFileSync(stateFile, JSON.stringify({ ...state, pid: process.pid }))
  assert.deepEqual(await statusOf(directory.path), { running: false, directory: directory.path })
  writeFileSync(stateFile, '')
  assert.deepEqual(await statusOf(directory.path), { running: false, directory: directory.path })
  await using again = odradek(words(directory.path, '--mode', 'multi-master', '--brokers', '2'))
  await listening(again, 2)
  await untilStatus(directory.path, ({ cluster }) => cluster?.brokers.every(({ leaders }) => leaders === 1) === true)
})

test('brokers stop in order where their whole process group is told to end, as by a terminal and by systemd', async () => {
  using directory = temporaryDirectory()
  await using up = odradek(words(directory.path, '--mode', 'multi-master', '--brokers', '2'))
  await listening(up, 2)
  const { brokers } = await statusOf(directory.path)
  for (const { pid } of brokers) process.kill(pid, 'SIGINT')
  up.process.kill('SIGINT')
  assert.equal(await up.ended(), 0)
  for (const id of [1, 2]) assert.ok(readFileSync(join(directory.path, 'brokers', `${id}`, '.kafka_cleanshutdown')))
})

test('a broker alone, whose metadata is carried elsewhere with topics and cluster id', async () => {
  using directory = temporaryDirectory()
  using target = temporaryDirectory()
  {
    await using up = odradek(words(directory.path))
    const [address] = await listening(up, 1)
    await runOdradek(['topics', 'create', 'kept', '--partitions', '2', '--bootstrap', address!])
    const busy = await runOdradek([
      'cluster',
      'move-metadata',
      '--data-dir',
      directory.path,
      '--to',
      `unix:${target.path}/s`,
    ])
    assert.match(busy.stderr, /is in use/)
    up.process.kill('SIGINT')
    assert.equal(await up.ended(), 0)
  }
  const { serveEmbeddedStore } = await import('@odradek/broker/cluster-store')
  const server = await serveEmbeddedStore({ directory: join(target.path, 'store'), path: join(target.path, 's') })
  try {
    const move = ['cluster', 'move-metadata', '--data-dir', directory.path, '--to', `unix:${target.path}/s`]
    const moved = await runOdradek(move)
    assert.match(moved.stdout, /keys of cluster \S+ copied, 1 topics? among them/, moved.stderr)
    const again = await runOdradek(move)
    assert.match(again.stderr, /has the metadata of cluster/)
    const data = ['--data-dir', join(directory.path, 'brokers', '1'), '--set', `metadata.store=unix:${target.path}/s`]
    await using broker = odradek(['broker', '--port', '0', ...data])
    const [address] = await listening(broker, 1)
    const topics = await runOdradek(['topics', 'list', '--json', '--bootstrap', address!])
    assert.match(topics.stdout, /"kept"/)
  } finally {
    await server.close()
  }
})

test('what cannot be started says why, in one line', async () => {
  using directory = temporaryDirectory()
  using data = temporaryDirectory()
  writeFileSync(join(data.path, 'meta.properties'), '')
  const bad: [string[], RegExp][] = [
    [['up', '--mode', 'quorum'], /--mode must be one of single, multi-master, async-replica, sync-replica/],
    [['up', '--mode', 'single', '--brokers', '2'], /single has one broker/],
    [['up', '--mode', 'sync-replica', '--brokers', '1'], /needs at least 2 brokers/],
    [['up', '--brokers', 'x'], /--brokers must be a number/],
    [['up', '--brokers', '1', '--cores', '1'], /not both/],
    [['up', '--set', 'node.id=4'], /up sets node.id of each broker itself/],
    [words(data.path), /is the data directory of a broker/],
    [words(join(data.path, 'meta.properties')), /meta\.properties cannot be the directory of a cluster/],
    // Where an entry is refused as if its parent were not there.
    [words('/proc/odradek'), /\/proc\/odradek cannot be the directory of a cluster/],
    [words(directory.path, '--host', '192.0.2.1'), /broker 1 does not start \(exit code 1\): 192\.0\.2\.1/],
  ]
  for (const [line, why] of bad) {
    const { code, stderr } = await runOdradek(line, { cwd: directory.path })
    assert.notEqual(code, 0)
    assert.match(stderr, why)
  }
})
