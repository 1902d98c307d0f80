import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { encodeBatch } from '@odradek/protocol'
import { odradek, runOdradek } from './odradek.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'odradek-cli-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const listening = async (lines: AsyncIterator<string>): Promise<{ host: string; port: number }> => {
  const { value } = await lines.next()
  const match = /^Listening on (.+):(\d+)$/.exec(value)
  assert.ok(match, `the first line is "${value}"`)
  return { host: match[1]!, port: Number(match[2]) }
}

/** What is said to a person, without the log lines before it. */
const complaint = (stderr: string): string =>
  stderr
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('{'))
    .join('\n')

const hex = (text: string) => Buffer.from(text).toString('hex')

/** A request in hexadecimal, with its length before it. */
const frame = (request: string): Buffer => {
  const bytes = Buffer.from(request.replaceAll(' ', ''), 'hex')
  const length = Buffer.alloc(4)
  length.writeInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** Sends a request and waits for the first bytes of its answer. */
const answer = async (socket: Socket, request: string): Promise<void> => {
  socket.write(frame(request))
  await once(socket, 'data')
}

const canConnect = async (port: number): Promise<boolean> => {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

test('broker prints the real port when it serves, and ends with 0 on SIGTERM, cleanly', async () => {
  await using broker = odradek(['broker', '--port', '0', '--data-dir', join(directory, 'data')])
  const { host, port } = await listening(broker.stdout)
  assert.equal(host, '127.0.0.1')
  assert.ok(port > 0)
  assert.ok(await canConnect(port))
  broker.process.kill('SIGTERM')
  assert.equal(await broker.ended(), 0, broker.stderr())
  assert.equal((await broker.stdout.next()).done, true, 'stdout has that one line')
  assert.ok(existsSync(join(directory, 'data', '.kafka_cleanshutdown')))
  assert.equal(await canConnect(port), false)
})

test('broker asks for short turns of the processor when it serves', async () => {
  await using broker = odradek(['broker', '--port', '0', '--data-dir', directory, '--set', 'log.level=debug'])
  await listening(broker.stdout)
  const told = /"sliceNs":(null|\d+),"msg":"The event loop asked for short turns/.exec(broker.stderr())
  // Whether this machine does it is seen of another process that asks.
  const other = spawnSync(process.execPath, [join(import.meta.dirname, '../../native/src/testing/slices.ts')], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  })
  const { result, after } = JSON.parse(other.stdout)
  assert.equal(told?.[1], result === 0 ? '100000' : 'null', broker.stderr())
  if (after === 200_000) {
    assert.match(readFileSync(`/proc/${broker.process.pid}/sched`, 'utf8'), /^se\.slice +: +100000$/m)
  }
})

test('SIGTERM is clean also while a client that went away still has a request parked', async () => {
  await using broker = odradek(['broker', '--port', '0', '--data-dir', join(directory, 'data')])
  const { port } = await listening(broker.stdout)
  const topic = `0005${hex('quiet')}`
  const other = connect(port, '127.0.0.1')
  // Metadata version 4, which creates the topic.
  await answer(other, `00030004 00000001 0000 00000001 ${topic} 01`)
  const socket = connect(port, '127.0.0.1')
  // Fetch version 4: at least one byte, for up to 30 s, from an empty partition.
  const fetch = `00010004 00000001 0000 ffffffff 00007530 00000001 00100000 00 00000001 ${topic}`
  socket.end(frame(`${fetch} 00000001 00000000 0000000000000000 00100000`))
  await once(socket, 'finish')
  // ApiVersions version 0: what came before it has been read when it is answered.
  await answer(other, '00120000 00000002 0000')
  other.destroy()
  broker.process.kill('SIGTERM')
  assert.equal(await broker.ended(), 0, broker.stderr())
  assert.ok(existsSync(join(directory, 'data', '.kafka_cleanshutdown')))
  socket.destroy()
})

test('SIGINT ends it as well', async () => {
  await using broker = odradek(['broker', '--port', '0', '--data-dir', join(directory, 'data')])
  await listening(broker.stdout)
  broker.process.kill('SIGINT')
  assert.equal(await broker.ended(), 0, broker.stderr())
})

test('several listeners are printed a line each', async () => {
  const set = ['--set', 'listeners=A://127.0.0.1:0,B://127.0.0.1:0', '--set', 'admin.listener=']
  await using broker = odradek(['broker', '--data-dir', join(directory, 'data'), ...set])
  const first = await listening(broker.stdout)
  const second = await listening(broker.stdout)
  assert.notEqual(first.port, second.port)
  assert.ok((await canConnect(first.port)) && (await canConnect(second.port)))
})

test('a second broker on the same data directory is refused in one line', async () => {
  const words = ['broker', '--port', '0', '--data-dir', join(directory, 'data')]
  await using first = odradek(words)
  const { port } = await listening(first.stdout)
  const second = await runOdradek(words)
  assert.equal(second.code, 1)
  assert.equal(second.stdout, '')
  assert.match(complaint(second.stderr), /^odradek: [^\n]*data directory[^\n]*in use[^\n]*$/)
  assert.ok(await canConnect(port), 'the first serves on')
})

test('a port in use is refused in one line that names it', async () => {
  await using first = odradek(['broker', '--port', '0', '--data-dir', join(directory, 'one')])
  const { port } = await listening(first.stdout)
  const other = join(directory, 'two')
  const second = await runOdradek(['broker', '--port', String(port), '--data-dir', other, '--set', 'admin.listener='])
  assert.equal(second.code, 1)
  assert.match(complaint(second.stderr), new RegExp(`^odradek: [^\\n]*${port}[^\\n]*$`))
})

test('a bad configuration is refused before anything is made', async () => {
  const file = join(directory, 'broker.yaml')
  writeFileSync(file, 'log.retention.mss: 5\n')
  const data = join(directory, 'data')
  const refused = await runOdradek(['broker', '--port', '0', '--data-dir', data, '--config', file])
  assert.deepEqual(refused, {
    code: 1,
    stdout: '',
    stderr: `odradek: ${file}: Unknown key "log.retention.mss". Did you mean "log.retention.ms"?\n`,
  })
  assert.equal(existsSync(data), false)
})

test('a data directory that cannot be made is refused in one line', async () => {
  const file = join(directory, 'a-file')
  writeFileSync(file, '')
  const refused = await runOdradek(['broker', '--port', '0', '--data-dir', join(file, 'data')])
  assert.equal(refused.code, 1)
  assert.match(complaint(refused.stderr), /^odradek: [^\n]*a-file[^\n]*$/)
})

test('start tells where it listens, where the data is, the flush mode, and how to try it', async () => {
  await using broker = odradek(['start', '--port', '0', '--no-console'], {
    cwd: directory,
    env: { ODRADEK_FLUSH_MODE: 'sync' },
  })
  const { port } = await listening(broker.stdout)
  const lines: string[] = []
  while (!lines.at(-1)?.startsWith('Ctrl-C')) {
    const line = await broker.stdout.next()
    assert.equal(line.done, false, broker.stderr())
    lines.push(line.value)
  }
  const text = lines.join('\n')
  assert.match(text, new RegExp(`clients +127\\.0\\.0\\.1:${port}\\n`))
  assert.ok(text.includes(join(directory, 'data')))
  assert.match(text, /flush +sync: /)
  assert.match(text, /health +http:\/\/127\.0\.0\.1:\d+\/health\n/)
  assert.ok(text.includes(`echo hello | kcat -P -b 127.0.0.1:${port} -t greetings\n`))
  assert.ok(text.includes(`kcat -C -b 127.0.0.1:${port} -t greetings -e\n`))
  const address = /http:\S+/.exec(text)?.[0]
  assert.equal((await fetch(address!)).status, 200)
})

test('broker ends with 1 when no data directory is left that can be used', async () => {
  const data = join(directory, 'data')
  await using broker = odradek(['broker', '--port', '0', '--data-dir', data, '--set', 'flush.interval.ms=1'])
  const { port } = await listening(broker.stdout)
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  // Metadata makes topic `t`; what its log is to be begun in is a file.
  await answer(socket, `0003 0004 00000001 ffff 00000001 0001 ${hex('t')} 01`)
  writeFileSync(join(data, 't-0'), '')
  const batch = encodeBatch({ records: [{ value: 'v', timestamp: Date.now() }] })
  const size = batch.length.toString(16).padStart(8, '0')
  const records = `00000001 00000000 ${size} ${batch.toString('hex')}`
  await answer(socket, `0000 0003 00000002 ffff ffff 0001 00000000 00000001 0001 ${hex('t')} ${records}`)
  assert.equal(await broker.ended(), 1, broker.stderr())
  assert.match(broker.stderr(), /"level":60.*No data directory is left that can be used/)
  assert.equal(broker.stderr().match(/Writing a log failed/g)?.length, 1, 'one clear line')
  socket.destroy()
})
