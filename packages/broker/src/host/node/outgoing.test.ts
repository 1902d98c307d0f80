import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Connection, Insert } from '../network.ts'
import { createNodeDisk } from './disk.ts'
import { createNodeNetwork } from './network.ts'

const scratch = mkdtempSync(join(tmpdir(), 'odradek-outgoing-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

const FILE_BYTES = 6 * 1024 * 1024 + 123
const disk = createNodeDisk()
const contents = Buffer.alloc(FILE_BYTES)
for (let at = 0; at < FILE_BYTES; at += 4)
  contents.writeUInt32LE((at * 2_654_435_761) >>> 0, Math.min(at, FILE_BYTES - 4))

/** Own bytes with ranges of all sizes between them, and what must come of it. */
function answerOf(path: string): { own: Buffer; inserts: Insert[]; expected: Buffer } {
  const file = disk.open(path, 'read')
  const own = Buffer.from('header|small|tiny|nothing|large|whole|end')
  const at = (word: string) => own.indexOf(word)
  const ranges: [number, number, number][] = [
    [at('small'), 10, 5_000],
    [at('tiny'), 70_001, 1],
    [at('nothing'), 5, 0],
    [at('large'), 4_097, 300_000],
    [at('whole'), 0, FILE_BYTES],
    [own.length, FILE_BYTES - 40_000, 40_000],
  ]
  const inserts = ranges.map(([where, position, length]) => ({ at: where, range: { file, position, length } }))
  const parts: Buffer[] = []
  let from = 0
  for (const [where, position, length] of ranges) {
    parts.push(own.subarray(from, where), contents.subarray(position, position + length))
    from = where
  }
  parts.push(own.subarray(from))
  return { own, inserts, expected: Buffer.concat(parts) }
}

/** Sends to one client that begins to read when everything is handed over; returns what it got. */
async function received(send: (connection: Connection) => void): Promise<Buffer> {
  const accepted = Promise.withResolvers<Connection>()
  const listener = await createNodeNetwork().listen({ host: '127.0.0.1', port: 0 }, (connection) => {
    connection.start({ data() {}, ended() {}, drained() {}, closed() {} })
    accepted.resolve(connection)
  })
  const client = connect(listener.port, '127.0.0.1')
  client.pause()
  const connection = await accepted.promise
  send(connection)
  connection.end()
  const chunks: Buffer[] = []
  client.on('data', (chunk: Buffer) => chunks.push(chunk))
  client.resume()
  await once(client, 'end')
  client.destroy()
  await listener.close()
  return Buffer.concat(chunks)
}

const digest = (bytes: Buffer) => `${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}`

test('a client that reads late gets own bytes and ranges of every size, in order and whole', async () => {
  const path = join(scratch, 'hot')
  const file = disk.open(path, 'create')
  file.write(contents, 0, FILE_BYTES, 0)
  const { own, inserts, expected } = answerOf(path)
  const order: number[] = []
  const got = await received((connection) => {
    for (let turn = 0; turn < 3; turn++) connection.send(own, 0, own.length, inserts, () => order.push(turn))
    connection.send(own, 0, 6, [], () => order.push(3))
    assert.ok(connection.queuedBytes > 0, 'what the kernel does not take waits, and is counted')
  })
  assert.equal(digest(got), digest(Buffer.concat([expected, expected, expected, own.subarray(0, 6)])))
  assert.deepEqual(order, [0, 1, 2, 3])
})

test('a client that reads late gets bytes without ranges in order and whole', async () => {
  const order: number[] = []
  const parts = Array.from({ length: 180 }, (_, turn) => (turn % 60) * 100_000)
  const got = await received((connection) => {
    for (const from of parts) connection.send(contents, from, from + 100_000, [], () => order.push(from))
    assert.ok(connection.queuedBytes > 0, 'what the kernel does not take waits, and is counted')
    assert.ok(order.length < parts.length)
  })
  assert.equal(digest(got), digest(Buffer.concat(parts.map((from) => contents.subarray(from, from + 100_000)))))
  assert.deepEqual(order, parts)
})

test('what is not in the page cache comes from the disk', async (context) => {
  const path = join(scratch, 'cold')
  const file = disk.open(path, 'create')
  file.write(contents, 0, FILE_BYTES, 0)
  file.syncNow()
  const dropped = spawnSync('dd', [`of=${path}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0', 'status=none'])
  if (dropped.status !== 0) context.diagnostic('dd cannot drop the page cache here: the file may be in memory')
  const { own, inserts, expected } = answerOf(path)
  const got = await received((connection) => connection.send(own, 0, own.length, inserts, () => {}))
  assert.equal(digest(got), digest(expected))
})

test('a connection that goes away in the middle gives its buffers back', async () => {
  const path = join(scratch, 'hot')
  const { own, inserts } = answerOf(path)
  const allBack = Promise.withResolvers<void>()
  let sent = 0
  const listener = await createNodeNetwork().listen({ host: '127.0.0.1', port: 0 }, (connection) => {
    connection.start({ data() {}, ended() {}, drained() {}, closed() {} })
    for (let turn = 0; turn < 20; turn++) {
      connection.send(own, 0, own.length, inserts, () => {
        sent++
        if (sent === 20) allBack.resolve()
      })
    }
  })
  const client = connect(listener.port, '127.0.0.1')
  await once(client, 'readable')
  client.destroy()
  await allBack.promise
  await listener.close()
  assert.equal(sent, 20)
})

test('the same without the native addon', { skip: process.env.ODRADEK_NATIVE === 'off' }, () => {
  const env = { ...process.env, ODRADEK_NATIVE: 'off' }
  delete (env as { NODE_TEST_CONTEXT?: string }).NODE_TEST_CONTEXT
  const { status, stdout } = spawnSync(process.execPath, ['--test', import.meta.filename], { env, encoding: 'utf8' })
  assert.equal(status, 0, stdout)
})
