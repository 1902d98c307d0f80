import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { type Broker, startBroker } from '@odradek/broker'
import { Cluster, committedOffsets, groupNow, produceMessage } from '@odradek/client'
import { OffsetCommit } from '@odradek/protocol'
import { runOdradek } from './odradek.ts'

const topic = 'orders'
const group = '计费/billing it'
let broker: Broker
let cluster: Cluster

before(async () => {
  broker = await startBroker()
  cluster = new Cluster({ bootstrap: [broker.address] })
})
after(async () => {
  await cluster.close()
  await broker.close()
})

const odradek = async (...words: string[]) => runOdradek([...words, '--bootstrap', broker.address])

async function commit(offsets: readonly number[]): Promise<void> {
  const { coordinator } = await groupNow(cluster, group)
  const partitions = offsets.map((committedOffset, partitionIndex) => ({ partitionIndex, committedOffset }))
  const request = { groupId: group, topics: [{ name: topic, partitions }] }
  await cluster.request(OffsetCommit, request, coordinator, { atMost: 9 })
}

const committed = async () => {
  const partitions = (await committedOffsets(cluster, group)).get(topic)
  return [partitions?.get(0)?.offset ?? null, partitions?.get(1)?.offset ?? null]
}

test('topics are created, listed and described; groups listed, described and moved by a plan; undone by the saved command', async () => {
  const created = await odradek('topics', 'create', topic, '--partitions', '2', '--set', 'retention.ms=-1')
  assert.deepEqual(created, { code: 0, stdout: 'Created orders: 2 partitions, 1 replica each.', stderr: '' })
  const text = { format: 'text', text: 'x' } as const
  for (let i = 0; i < 10; i++) {
    const message = { topic, partition: i % 2, key: text, value: text, headers: [], timestamp: (i + 1) * 1000 }
    await produceMessage(cluster, message)
  }
  await commit([3, 5])

  const list = await odradek('topics', 'list', '--json')
  assert.deepEqual(
    JSON.parse(list.stdout).map((row: Record<string, unknown>) => [row.name, row.partitions, row.leaderless]),
    [[topic, 2, 0]],
  )
  const described = await odradek('topics', 'describe', topic)
  assert.match(described.stdout, /^ {8}0 {7}1 +\d+ +1 +1 +0 +5$/m)
  assert.match(described.stdout, /^retention\.ms=-1$/m)
  const groups = await odradek('groups', 'list')
  assert.match(groups.stdout, /^计费\/billing it +Empty +classic +1 +2 +1$/m)
  const one = await odradek('groups', 'describe', group)
  assert.match(one.stdout, /^计费\/billing it: Empty, 0 members, lag 2, coordinator 1$/m)
  assert.match(one.stdout, /^orders +0 +3 +5 +2 +-$/m)

  const plan = await odradek('groups', 'reset', group, '--to-time', '1970-01-01T00:00:05Z')
  assert.equal(plan.code, 0)
  assert.match(plan.stdout, /replays 4, skips 0, oldest 1970-01-01T00:00:05.000Z/)
  assert.match(plan.stdout, /Nothing has been moved/)
  assert.deepEqual(await committed(), [3, 5])
  const folder = mkdtempSync(join(tmpdir(), 'odradek-reset-'))
  const file = join(folder, 'undo.sh')
  const applied = await odradek('groups', 'reset', group, '--to-time', '5000000000', '--apply', '--save', file)
  assert.match(applied.stdout, /noRecordAtOrAfter/)
  assert.deepEqual(await committed(), [5, 5])
  const undo = readFileSync(file, 'utf8').trim()
  const bin = join(import.meta.dirname, '../src/main.ts')
  await promisify(execFile)('sh', ['-ec', undo.replace(/^odradek/, `'${process.execPath}' '${bin}'`)])
  assert.deepEqual(await committed(), [3, 5])
  rmSync(folder, { recursive: true })

  const shifted = await odradek('groups', 'reset', group, '--topic', 'orders:1', '--by=-2', '--apply', '--json')
  assert.deepEqual(
    JSON.parse(shifted.stdout).results.map((row: Record<string, unknown>) => [row.partition, row.before, row.after]),
    [[1, 5, 3]],
  )
  assert.deepEqual(await committed(), [3, 3])
})

test('a topic is configured and grown', async () => {
  await odradek('topics', 'create', 'growing', '--partitions', '2', '--set', 'retention.ms=-1')
  const words = ['--set', 'segment.bytes=1048576', '--reset', 'retention.ms']
  const configured = await odradek('topics', 'config', 'growing', ...words)
  assert.deepEqual([configured.code, configured.stdout], [0, 'segment.bytes=1048576'], configured.stderr)
  const refused = await odradek('topics', 'config', 'growing', '--set', 'segment.bytes=few')
  assert.deepEqual([refused.code, refused.stdout], [1, ''])
  assert.match(refused.stderr, /segment\.bytes/)
  const grown = await odradek('topics', 'partitions', 'add', 'growing', '--total', '3')
  assert.deepEqual([grown.code, grown.stdout], [0, 'growing has 3 partitions; it had 2.'], grown.stderr)
  assert.equal((await odradek('topics', 'partitions', 'add', 'growing', '--total', '3')).code, 1)
  assert.equal((await odradek('topics', 'delete', 'growing', '--apply')).code, 0)
})

test('records and topics are deleted only with --apply', async () => {
  const plan = await odradek('topics', 'records', 'delete', topic, '--before-time', '1970-01-01T00:00:04Z')
  assert.match(plan.stdout, /3 records of 2 partitions\.\nNothing has been deleted/)
  const applied = await odradek('topics', 'records', 'delete', topic, '--before-offset', '0:2', '--apply', '--json')
  assert.deepEqual(JSON.parse(applied.stdout).results, [{ partition: 0, start: 2, error: null }])
  const impact = await odradek('topics', 'delete', topic)
  assert.match(
    impact.stdout,
    /^orders: 2 partitions, 8 records\n {2}read by 计费\/billing it: Empty, 0 members\nNothing/,
  )
  const gone = await odradek('topics', 'delete', topic, '--apply')
  assert.equal(gone.code, 0)
  assert.deepEqual(JSON.parse((await odradek('topics', 'list', '--json')).stdout), [])
})

test('what the cluster refuses is one line with the name of the protocol; what makes no sense ends with 2', async () => {
  const refused = await odradek('topics', 'describe', 'nothing')
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /^odradek: cannot find topic "nothing": .*\(UNKNOWN_TOPIC_OR_PARTITION, 3\).*\n$/)
  const away = await runOdradek(['topics', 'list', '--bootstrap', '127.0.0.1:1'])
  assert.equal(away.code, 1)
  assert.match(away.stderr, /^odradek: cannot .*ECONNREFUSED.*\n$/)
  for (const words of [
    ['groups', 'reset', 'g'],
    ['groups', 'reset', 'g', '--to-earliest', '--by', '1'],
    ['topics', 'records', 'delete', 't', '--keep', '-1'],
    ['groups', 'reset', 'g', '--set', 'x'],
  ]) {
    assert.equal((await odradek(...words)).code, 2, words.join(' '))
  }
  const nowhere = await runOdradek(['topics', 'list', '--bootstrap', ''])
  assert.equal(nowhere.code, 2)
  assert.match(nowhere.stderr, /^odradek: --bootstrap: "" is no broker address; write host:port\n/)
  const family = await runOdradek(['groups'])
  assert.match(family.stderr, /is one of: groups list, groups describe, groups reset/)
})

test('users of the console are added with a password from a pipe, listed and removed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'odradek-users-'))
  const users = join(folder, 'users.json')
  const main = join(import.meta.dirname, '../src/main.ts')
  const run = async (input: string, ...words: string[]) => {
    const child = spawn(process.execPath, [main, 'console', 'users', ...words, '--users', users], { stdio: 'pipe' })
    child.stdin.end(input)
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    const [code] = await once(child, 'close')
    return { code, output }
  }
  const added = await run('correct horse\n', 'add', 'ann', '--role', 'viewer', '--no-payloads')
  assert.deepEqual(added, { code: 0, output: `Added ann in ${users}.\n` })
  await run('correct horse\n', 'add', 'ann', '--role', 'admin', '--cluster', 'local')
  const list = await run('', 'list')
  assert.equal(list.output, 'ann: viewer on all clusters, without payloads; admin on local\n')
  assert.match((await run('short\n', 'add', 'bob')).output, /8 to 1024 characters/)
  assert.equal((await run('correct horse\n', 'add', 'bob', '--role', 'king')).code, 1)
  assert.equal((await run('', 'remove', 'bob')).code, 1)
  assert.equal((await run('', 'remove', 'ann')).code, 0)
  assert.equal((await run('', 'list')).output, '')
  rmSync(folder, { recursive: true })
})

test('configs of a broker and of all are changed, printed and reset', async () => {
  const set = await odradek('brokers', 'config', 'all', '--set', 'log.retention.ms=86400000')
  assert.deepEqual(set, { code: 0, stdout: 'log.retention.ms=86400000', stderr: '' })
  const one = await odradek('brokers', 'config', '1', '--set', 'log.retention.ms=3600000', '--json')
  assert.equal(JSON.parse(one.stdout)['log.retention.ms'], '3600000')
  const reset = await odradek('brokers', 'config', 'all', '--reset', 'log.retention.ms')
  assert.deepEqual(reset, { code: 0, stdout: '', stderr: '' })
  const wrong = await odradek('brokers', 'config', 'first')
  assert.equal(wrong.code, 2)
  assert.match(wrong.stderr, /BROKER is an id or "all", not "first"/)
})

test('a group is deleted only with --apply', async () => {
  await odradek('topics', 'create', 'left')
  const { coordinator } = await groupNow(cluster, 'leaving')
  await cluster.request(
    OffsetCommit,
    { groupId: 'leaving', topics: [{ name: 'left', partitions: [{ partitionIndex: 0, committedOffset: 1 }] }] },
    coordinator,
    { atMost: 9 },
  )
  const plan = await odradek('groups', 'delete', 'leaving')
  assert.match(plan.stdout, /^leaving: Empty, 0 members, 1 commit\nNothing has been deleted/)
  assert.equal((await committedOffsets(cluster, 'leaving')).size, 1)
  const done = await odradek('groups', 'delete', 'leaving', '--apply')
  assert.match(done.stdout, /Deleted\.$/)
  assert.equal((await committedOffsets(cluster, 'leaving')).size, 0)
})
