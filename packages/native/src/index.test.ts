import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { constants, getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { native } from './index.ts'

const folder = join(import.meta.dirname, '..')
const scratch = mkdtempSync(join(tmpdir(), 'odradek-native-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

const hasCompiler = spawnSync('cc', ['--version']).status === 0
const options = { skip: hasCompiler ? false : 'cc is missing: the addon cannot be built' }
if (process.env.CI === 'true') assert.ok(hasCompiler, 'cc is missing')
const linux = process.platform === 'linux' ? options : { skip: 'Linux alone has it' }

/** Bit by bit, as the polynomial says. */
function crcByBits(bytes: Uint8Array): number {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return ~crc >>> 0
}

test('the addon is there', options, () => {
  assert.notEqual(native, null)
})

test('CRC-32C of published samples (RFC 3720, appendix B.4)', options, () => {
  const crc = (bytes: Buffer) => native!.crc32c(bytes, 0, bytes.length)
  assert.equal(crc(Buffer.alloc(32)), 0x8a9136aa)
  assert.equal(crc(Buffer.alloc(32, 0xff)), 0x62a8ab43)
  assert.equal(crc(Buffer.from(Array.from({ length: 32 }, (_, index) => index))), 0x46dd794e)
  assert.equal(crc(Buffer.from('123456789')), 0xe3069283)
  assert.equal(crc(Buffer.alloc(0)), 0)
})

test('CRC-32C of every length around the stretches that are summed side by side, wherever it begins', options, () => {
  const bytes = Buffer.alloc(40_000)
  for (let at = 0; at < bytes.length; at++) bytes[at] = (at * 2_654_435_761) >>> 24
  const lengths = [
    1, 7, 8, 9, 255, 256, 767, 768, 769, 776, 1535, 1536, 1537, 12_287, 12_288, 12_289, 13_056, 24_577, 36_864,
  ]
  for (const start of [0, 1, 5, 8]) {
    for (const length of lengths) {
      const end = start + length
      assert.equal(native!.crc32c(bytes, start, end), crcByBits(bytes.subarray(start, end)), `${start} to ${end}`)
    }
  }
})

test('a range that is not in the buffer is refused', options, () => {
  const bytes = Buffer.alloc(8)
  for (const [start, end] of [
    [0, 9],
    [-1, 4],
    [5, 4],
    [Number.NaN, 4],
  ] as const) {
    assert.throws(() => native!.crc32c(bytes, start, end), RangeError)
  }
})

test('raiseFileLimit gives what the process has then, and never lowers it', options, () => {
  const now = native!.raiseFileLimit(0)
  assert.ok(now > 0)
  assert.ok(native!.raiseFileLimit(now + 1) >= now)
  assert.equal(native!.raiseFileLimit(1), native!.raiseFileLimit(0))
})

/** What `testing/slices.ts` prints, started by the words of `launcher`. */
function slicesOf(...launcher: string[]) {
  const [program, ...words] = [...launcher, process.execPath, join(import.meta.dirname, 'testing', 'slices.ts')]
  const { stdout, stderr, error } = spawnSync(program!, words, { encoding: 'utf8' })
  assert.notEqual(stdout, '', error?.message ?? stderr)
  return JSON.parse(stdout)
}

test('shortenSlice shortens the turns of its own thread, and not of those that it starts', linux, () => {
  assert.equal(native!.shortenSlice(0), -native!.errno.EINVAL)
  const { policy, before, result, after, inherited } = slicesOf()
  if (policy !== 0) assert.equal(result, -native!.errno.EOPNOTSUPP)
  // A sandbox may refuse it, by either word.
  else assert.ok([0, -constants.errno.EPERM, -constants.errno.ENOSYS].includes(result), `${result}`)
  // Older kernels do not tell, or do not do it.
  assert.ok(after === before || (result === 0 && after === 200_000), `${before} became ${after}`)
  // Who was given a better priority than others would lose it by that.
  assert.equal(inherited, getPriority() < 0 ? after : before)
})

test('shortenSlice leaves a thread alone that was given turns of another kind', linux, () => {
  const { policy, before, result, after } = slicesOf('chrt', '--idle', '0')
  assert.equal(policy, 5)
  assert.equal(result, -native!.errno.EOPNOTSUPP)
  assert.equal(after, before)
})

test('fallocate reserves blocks and leaves the size', options, () => {
  const path = join(scratch, 'reserved')
  const file = openSync(path, 'w+')
  const result = native!.fallocate(file, 0, 1 << 20)
  if (result === -native!.errno.EOPNOTSUPP || result === -native!.errno.ENOSYS) return
  assert.equal(result, 0)
  assert.equal(statSync(path).size, 0)
  assert.ok(statSync(path).blocks >= 2048)
})

test('startWriteback sends a range on its way, and says why it cannot', options, async () => {
  const path = join(scratch, 'dirty')
  const file = openSync(path, 'w+')
  const bytes = Buffer.alloc(1 << 20, 'x')
  assert.equal(native!.write(file, bytes, 0, bytes.length, 0, 0), bytes.length)
  const result = await native!.startWriteback(file, 65_536, 131_072)
  if (result === -native!.errno.ENOSYS) return
  assert.equal(result, 0)
  assert.ok(readFileSync(path).equals(bytes))
  assert.equal(await native!.startWriteback(file, -1, 10), -native!.errno.EINVAL)
  assert.equal(await native!.startWriteback(-1, 0, 10), -constants.errno.EBADF)
})

test('write puts a range and zeros behind it where they belong, and says why it cannot', options, () => {
  const path = join(scratch, 'written')
  writeFileSync(path, Buffer.alloc(300_000, 'x'))
  const file = openSync(path, 'r+')
  const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index * 7))
  assert.equal(native!.write(file, bytes, 10, 200_000, 5, 0), 199_990)
  assert.equal(native!.write(file, bytes, 0, 3, 250_000, 400_000), 150_000)
  assert.equal(native!.write(file, bytes, 4, 4, 500_000, 500_002), 2)
  const expected = Buffer.concat([
    Buffer.alloc(5, 'x'),
    bytes.subarray(10),
    Buffer.alloc(250_000 - 199_995, 'x'),
    bytes.subarray(0, 3),
    Buffer.alloc(500_002 - 250_003),
  ])
  assert.ok(readFileSync(path).equals(expected))
  assert.throws(() => native!.write(file, bytes, 0, 200_001, 0, 0), RangeError)
  assert.ok(native!.write(-1, bytes, 0, 1, 0, 0) < 0)
  if (process.platform !== 'linux') return
  const full = openSync('/dev/full', 'w')
  assert.equal(native!.write(full, bytes, 0, 10, 0, 100), -native!.errno.ENOSPC)
})

test('readCached gives what was just written, and fewer bytes at the end of the file', options, () => {
  const path = join(scratch, 'cached')
  writeFileSync(path, 'abcdefgh')
  const file = openSync(path, 'r')
  const into = Buffer.alloc(16)
  const got = native!.readCached(file, into, 2, 12, 3)
  if (got === -native!.errno.ENOSYS || got === -native!.errno.EOPNOTSUPP) return
  assert.equal(got, 5)
  assert.equal(into.toString('latin1', 2, 7), 'defgh')
  assert.equal(native!.readCached(-1, into, 0, 1, 0) < 0, true)
})

test('isCached knows what was just written, and what was dropped', options, () => {
  const path = join(scratch, 'dropped')
  writeFileSync(path, Buffer.alloc(1 << 20, 1))
  const file = openSync(path, 'r')
  assert.equal(native!.isCached(file, 0, 1 << 20), true)
  assert.equal(native!.isCached(file, 4000, 10), true)
  const { status } = spawnSync('dd', [`of=${path}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0'])
  if (status !== 0) return
  assert.equal(native!.isCached(file, 0, 1 << 20), false)
  assert.equal(native!.readCached(file, Buffer.alloc(16), 0, 16, 500_000), -native!.errno.EAGAIN)
})

test('sendfile sends a range of a file to a socket, and nothing past its end', options, async () => {
  const path = join(scratch, 'sent')
  const contents = Buffer.from(Array.from({ length: 5000 }, (_, index) => index & 255))
  writeFileSync(path, contents)
  const file = openSync(path, 'r')
  const server = createServer().listen(0, '127.0.0.1')
  after(() => server.close())
  await once(server, 'listening')
  const received: Buffer[] = []
  const client = connect((server.address() as { port: number }).port, '127.0.0.1')
  client.on('data', (chunk: Buffer) => received.push(chunk))
  const [socket] = (await once(server, 'connection')) as [Socket & { _handle: { fd: number } }]
  const { fd } = socket._handle
  assert.equal(native!.sendfile(fd, file, 1000, 3000), 3000)
  assert.equal(native!.sendfile(fd, file, 4900, 3000), 100)
  assert.equal(native!.sendfile(fd, file, 5000, 3000), 0)
  socket.end()
  await once(client, 'close')
  assert.deepEqual(Buffer.concat(received), Buffer.concat([contents.subarray(1000, 4000), contents.subarray(4900)]))
})

test('send gives a socket what it takes at once, and says when it is full or gone', options, async () => {
  const server = createServer().listen(0, '127.0.0.1')
  after(() => server.close())
  await once(server, 'listening')
  const received: Buffer[] = []
  const client = connect((server.address() as { port: number }).port, '127.0.0.1')
  client.pause()
  client.on('data', (chunk: Buffer) => received.push(chunk))
  const [socket] = (await once(server, 'connection')) as [Socket & { _handle: { fd: number } }]
  const { fd } = socket._handle
  assert.equal(native!.send(fd, Buffer.from('abcdef'), 1, 4), 3)
  assert.throws(() => native!.send(fd, Buffer.alloc(4), 2, 5), RangeError)
  const block = Buffer.alloc(1 << 20, 'x')
  let total = 0
  for (let sent = 0; sent >= 0; sent = native!.send(fd, block, 0, block.length)) total += sent
  assert.equal(native!.send(fd, block, 0, block.length), -native!.errno.EAGAIN)
  client.resume()
  socket.end()
  await once(client, 'close')
  const all = Buffer.concat(received)
  assert.equal(all.length, total + 3)
  assert.equal(all.toString('latin1', 0, 5), 'bcdxx')
  assert.ok(native!.send(-1, block, 0, 1) < 0)
})

/** The package's build in a folder of its own. */
function buildIn(name: string, env: Record<string, string>) {
  const copy = join(scratch, name)
  mkdirSync(join(copy, 'src'), { recursive: true })
  for (const file of ['build.js', 'package.json', 'src/addon.c']) copyFileSync(join(folder, file), join(copy, file))
  const run = () => {
    const { status, stderr } = spawnSync(process.execPath, ['build.js'], {
      cwd: copy,
      env: { ...process.env, ...env },
      encoding: 'utf8',
    })
    return { status, stderr }
  }
  return { copy, run }
}

test('without a compiler the build succeeds, says so once, and makes nothing', () => {
  const { copy, run } = buildIn('no-compiler', { CC: 'no-such-compiler' })
  const first = run()
  assert.equal(first.status, 0)
  assert.match(first.stderr, /^The native addon was not built \(no C compiler: [^\n]*\n$/)
  assert.deepEqual(run(), { status: 0, stderr: '' })
  assert.equal(existsSync(join(copy, 'build/addon.node')), false)
})

test('it is built once a compiler is there', options, () => {
  const { copy, run } = buildIn('compiler-later', {})
  const away = { env: { ...process.env, CC: undefined, PATH: join(copy, 'bin') }, cwd: copy, encoding: 'utf8' } as const
  assert.match(spawnSync(process.execPath, ['build.js'], away).stderr, /no C compiler/)
  assert.deepEqual(run(), { status: 0, stderr: '' })
  assert.ok(existsSync(join(copy, 'build/addon.node')))
})

test('it is built again when its source has changed, and only then', options, () => {
  const { copy, run } = buildIn('changed', {})
  assert.deepEqual(run(), { status: 0, stderr: '' })
  const output = join(copy, 'build/addon.node')
  const built = statSync(output).ino
  assert.deepEqual(run(), { status: 0, stderr: '' })
  assert.equal(statSync(output).ino, built)
  writeFileSync(join(copy, 'src/addon.c'), `${readFileSync(join(copy, 'src/addon.c'), 'utf8')}\n`)
  assert.deepEqual(run(), { status: 0, stderr: '' })
  assert.notEqual(statSync(output).ino, built)
})

test('ODRADEK_NATIVE=off does without', () => {
  const script = `import { native } from ${JSON.stringify(join(folder, 'src/index.ts'))}; console.log(native)`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    env: { PATH: process.env.PATH ?? '', ODRADEK_NATIVE: 'off' },
    encoding: 'utf8',
  })
  assert.equal(stdout, 'null\n')
})
