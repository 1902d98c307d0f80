import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { encodeBatch } from '@odradek/protocol'
import { runOdradek } from './odradek.ts'

const data = mkdtempSync(join(tmpdir(), 'odradek-log-'))
const partition = join(data, 'orders-0')
const segment = join(partition, '00000000000000000000.log')

before(() => {
  mkdirSync(partition)
  mkdirSync(join(data, 'orders-10'))
  mkdirSync(join(data, 'metadata'))
  const first = encodeBatch({
    baseOffset: 0,
    leaderEpoch: 0,
    producerId: 7,
    producerEpoch: 1,
    baseSequence: 0,
    records: [
      { key: 'k', value: 'two coffees', timestamp: 1_000, headers: [{ key: 'from', value: 'table 4' }] },
      { key: null, value: Buffer.from([0xff, 0x00]), timestamp: 2_000 },
    ],
  })
  const records = [{ value: '\u001b[31mred', timestamp: 3_000 }]
  writeFileSync(segment, Buffer.concat([first, encodeBatch({ baseOffset: 2, leaderEpoch: 0, codec: 'gzip', records })]))
})
after(() => rmSync(data, { recursive: true, force: true }))

test('log dump prints batches as a table and records a line each', async () => {
  const { code, stdout, stderr } = await runOdradek(['log', 'dump', partition, '--records'])
  assert.equal(code, 0, stderr)
  const lines = stdout.split('\n').map((line) => line.trim().replaceAll(/ +/g, ' '))
  assert.equal(lines[0], 'orders-0')
  assert.match(stdout, /^00000000000000000000\.log: \d+ bytes$/m)
  assert.ok(
    lines.some((line) => /^0-1 0 \d+ 2 0 7\/1 0 none 1970-01-01T00:00:02\.000Z$/.test(line)),
    stdout,
  )
  assert.ok(lines.includes('0 1970-01-01T00:00:01.000Z "k" = "two coffees" [from="table 4"]'), stdout)
  assert.ok(lines.includes('1 1970-01-01T00:00:02.000Z null = 0xff00'), stdout)
  assert.ok(
    lines.some((line) => / gzip /.test(line)),
    stdout,
  )
  assert.ok(stdout.includes('null = "\\u001b[31mred"'), 'a terminal does not obey a record')
})

test('log dump --json prints one object a line, bytes that are no text in base64', async () => {
  const { stdout } = await runOdradek(['log', 'dump', partition, '--records', '--json'])
  const entries = stdout.split('\n').map((line) => JSON.parse(line))
  const records = entries.filter(({ kind }) => kind === 'record')
  assert.deepEqual(
    records.map(({ offset, key, value }) => ({ offset, key, value })),
    [
      { offset: 0, key: 'k', value: 'two coffees' },
      { offset: 1, key: null, value: { base64: '/wA=' } },
      { offset: 2, key: null, value: '\u001b[31mred' },
    ],
  )
  assert.deepEqual(records[0].headers, [{ key: 'from', value: 'table 4' }])
})

test('log dump --from and --to choose batches by offset', async () => {
  const offsets = async (...words: string[]) => {
    const { stdout } = await runOdradek(['log', 'dump', partition, '--json', ...words])
    const entries: { kind: string; baseOffset: number }[] = stdout.split('\n').map((line) => JSON.parse(line))
    return entries.filter(({ kind }) => kind === 'batch').map(({ baseOffset }) => baseOffset)
  }
  assert.deepEqual(await offsets('--from', '1'), [0, 2])
  assert.deepEqual(await offsets('--from', '2'), [2])
  assert.deepEqual(await offsets('--to', '2'), [0])
  assert.equal((await runOdradek(['log', 'dump', partition, '--from', '-1'])).code, 2)
})

test('a data directory means all of its partitions, in order of their numbers', async () => {
  const { stdout } = await runOdradek(['log', 'verify', data])
  assert.deepEqual(
    stdout
      .split('\n')
      .filter((line) => line.startsWith('orders'))
      .map((line) => line.split(':')[0]),
    ['orders-0', 'orders-10'],
  )
})

test('log verify counts what is there, and ends with 1 when a record was changed', async () => {
  const good = await runOdradek(['log', 'verify', partition, '--deep'])
  assert.match(good.stdout, /^orders-0: 1 segments, 2 batches, 3 records, \d+ bytes, offsets 0 to 2/)
  assert.equal(good.code, 0, good.stdout)

  const damaged = join(data, 'damaged', 'orders-0')
  mkdirSync(damaged, { recursive: true })
  const bytes = readFileSync(segment)
  bytes[70]! ^= 1
  writeFileSync(join(damaged, '00000000000000000000.log'), bytes)
  writeFileSync(
    join(damaged, '00000000000000000003.log'),
    encodeBatch({ baseOffset: 3, leaderEpoch: 0, records: [{ value: 'x' }] }),
  )
  const bad = await runOdradek(['log', 'verify', damaged, '--json'])
  assert.equal(bad.code, 1, bad.stdout)
  assert.ok(JSON.parse(bad.stdout).findings.some(({ severity }: { severity: string }) => severity === 'error'))
})

test('log repair says what it would do, and does it with --apply: all that can be read is where it was', async () => {
  const copy = join(data, 'repaired', 'orders-0')
  mkdirSync(copy, { recursive: true })
  const damaged = readFileSync(segment)
  damaged[70]! ^= 1
  writeFileSync(join(copy, '00000000000000000000.log'), damaged)
  const plan = await runOdradek(['log', 'repair', copy])
  assert.equal(plan.code, 1)
  assert.match(plan.stdout, /^orders-0: would be repaired$/m)
  assert.match(plan.stdout, /bytes 0 to \d+ cannot be read: the CRC does not match/)
  assert.match(plan.stdout, /2 offsets have no record any more: 0 to 1$/m)
  assert.match(plan.stdout, /Nothing was changed\. Add --apply to do it\.$/)
  assert.deepEqual(readFileSync(join(copy, '00000000000000000000.log')), damaged)

  const done = await runOdradek(['log', 'repair', copy, '--apply', '--json'])
  assert.equal(done.code, 0, done.stderr)
  const { isDone, aside, lost } = JSON.parse(done.stdout)
  assert.deepEqual([isDone, lost], [true, [{ from: 0, to: 2 }]])
  assert.deepEqual(readFileSync(join(aside, '00000000000000000000.log')), damaged)
  const verified = await runOdradek(['log', 'verify', copy, '--deep'])
  assert.match(verified.stdout, /offsets 0 to 2, all is well/)
  assert.match((await runOdradek(['log', 'dump', copy, '--records'])).stdout, /red/)
  assert.match((await runOdradek(['log', 'repair', copy])).stdout, /^orders-0: nothing to repair$/)
})

test('a path that holds no log is refused in one line', async () => {
  const none = await runOdradek(['log', 'dump', join(data, 'metadata')])
  assert.deepEqual(none, {
    code: 1,
    stdout: '',
    stderr: `odradek: ${join(data, 'metadata')} is neither a partition's directory (like greetings-0) nor a data directory with any\n`,
  })
  assert.match(
    (await runOdradek(['log', 'verify', join(data, 'gone')])).stderr,
    /^odradek: cannot read .*gone: ENOENT\n$/,
  )
  const file = await runOdradek(['log', 'dump', segment])
  assert.equal(file.stderr, `odradek: ${segment} is a file: name the partition's directory, ${join(segment, '..')}\n`)
  const folder = join(data, 'others')
  mkdirSync(join(folder, 'report-2025'), { recursive: true })
  writeFileSync(join(folder, 'report-2025', 'report.txt'), '')
  assert.match((await runOdradek(['log', 'repair', folder])).stderr, /others is neither a partition's directory/)
  const family = await runOdradek(['log'])
  assert.deepEqual(family, {
    code: 2,
    stdout: '',
    stderr: 'odradek: odradek log is one of: log dump, log repair, log scrub, log verify\n',
  })
})
