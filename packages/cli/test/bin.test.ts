import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { odradek, olderNode } from './odradek.ts'

const bin = join(import.meta.dirname, '../bin/odradek.js')
const older = olderNode()

/** A broker started by the bin under the machine's older Node, which hands over to the pinned one. */
async function startByOlderNode(node: string, directory: string) {
  const child = spawn(node, [bin, 'broker', '--port', '0', '--data-dir', directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })
  const ended = once(lines, 'close')
  const [line] = await Promise.race([once(lines, 'line'), ended])
  assert.match(line ?? 'nothing was printed', /^Listening on /)
  return { child, ended, exit }
}

if (older !== null) {
  test('under an older Node a signal reaches the broker, and its exit code comes back', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'odradek-bin-'))
    const { child, exit } = await startByOlderNode(older, directory)
    child.kill('SIGTERM')
    assert.deepEqual(await exit, [0, null])
    rmSync(directory, { recursive: true })
  })

  test('killed under an older Node, it takes the broker along', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'odradek-bin-'))
    const { child, ended } = await startByOlderNode(older, directory)
    child.kill('SIGKILL')
    // The broker has the same stdout: it closes when the last of the two is gone.
    await ended
    await using next = odradek(['broker', '--port', '0', '--data-dir', directory])
    const { value } = await next.stdout.next()
    assert.match(value ?? next.stderr(), /^Listening on /)
    await next[Symbol.asyncDispose]()
    rmSync(directory, { recursive: true })
  })
}

if (older !== null) {
  test('where the pinned Node is an older one, too, it says so and does not start itself again', async () => {
    const env = { ...process.env, ODRADEK_PINNED: '1' }
    const child = spawn(older, [bin, '--help'], { stdio: ['ignore', 'ignore', 'pipe'], env })
    const said = await text(child.stderr)
    assert.match(said, /^odradek: needs Node 26 or later/)
  })
}

/** ApiVersions version 0. */
const API_VERSIONS = Buffer.from('0000000a00120000000000010000', 'hex')

const isListening = async (port: number): Promise<boolean> => {
  const socket = connect(port, '127.0.0.1')
  const { promise, resolve } = Promise.withResolvers<boolean>()
  socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}

test('another signal, a second later, ends a broker that is still closing, at once', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'odradek-bin-'))
  await using broker = odradek(['broker', '--port', '0', '--data-dir', directory])
  const port = Number(/\d+$/.exec((await broker.stdout.next()).value ?? '')?.[0])
  // A client that asks for some 30 MB and reads nothing: what it is owed cannot leave, and a clean end waits for that.
  const deaf = connect(port, '127.0.0.1').pause()
  deaf.on('error', () => {})
  deaf.write(Buffer.concat(Array.from({ length: 60_000 }, () => API_VERSIONS)))
  const other = connect(port, '127.0.0.1')
  for (let turn = 0; turn < 50; turn++) {
    other.write(API_VERSIONS)
    await once(other, 'data')
  }
  other.destroy()
  broker.process.kill('SIGTERM')
  while (await isListening(port)) {}
  assert.equal(broker.process.exitCode, null, 'it is still closing')
  // Those of the first second are the same wish told again.
  while (broker.process.exitCode === null && broker.process.signalCode === null) {
    broker.process.kill('SIGTERM')
    await isListening(port)
  }
  assert.equal(await broker.ended(), 'SIGTERM')
  deaf.destroy()
  rmSync(directory, { recursive: true })
})

test('a broker that was started before loads neither what strips types nor clients that it has no use for', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'odradek-bin-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const told = 'data:text/javascript,process.on("exit",()=>process.stdout.write(process.moduleLoadList.join("\\n")))'
  const run = async () => {
    const child = spawn(process.execPath, ['--import', told, bin, 'broker', '--port', '0', '--data-dir', directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_COMPILE_CACHE: join(directory, 'cache') },
    })
    let output = ''
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      if (!output.includes('Listening on ') && `${output}${chunk}`.includes('Listening on ')) child.kill('SIGTERM')
      output += chunk
    }
    return output
  }
  const isLoaded = (output: string, name: string) => output.includes(`internal/deps/${name}`)
  assert.ok(isLoaded(await run(), 'amaro'), 'without a cache it has to be')
  const again = await run()
  assert.match(again, /NativeModule http$/m)
  assert.ok(!isLoaded(again, 'amaro'))
  assert.ok(!isLoaded(again, 'undici'))
})
