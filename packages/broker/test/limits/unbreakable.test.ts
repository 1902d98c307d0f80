/** What a network can send without saying anything wrong: a broker stays up, stays small, and serves the others. */
import { equal, ok } from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { ApiVersions, Fetch } from '@odradek/protocol'
import { Bystander } from '../bystander.ts'
import { WireTopic } from '../protocol/wire-topic.ts'
import { WireClient } from '../wire-client.ts'

const MIB = 1024 * 1024
const MEMORY_BYTES_MAX = 16 * MIB

/** A broker as a process of its own, so that its memory is its own. */
class BrokerProcess {
  readonly port: number
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
  }

  static async start(config: Record<string, string | number>): Promise<BrokerProcess> {
    const main = join(import.meta.dirname, 'broker-process.ts')
    const child = spawn(process.execPath, [main, JSON.stringify(config)], { stdio: ['pipe', 'pipe', 'inherit'] })
    const { value } = await createInterface({ input: child.stdout! })[Symbol.asyncIterator]().next()
    return new BrokerProcess(child, Number(value))
  }

  /** Resident memory now; 0 where the system does not say. */
  residentBytes(): number {
    try {
      const [, kib = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'latin1')) ?? []
      return Number(kib) * 1024
    } catch {
      return 0
    }
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  async close(): Promise<void> {
    const exited = once(this.#child, 'exit')
    this.#child.stdin!.end()
    equal((await exited)[0], 0)
  }
}

const broker = await BrokerProcess.start({ 'memory.request.bytes.max': MEMORY_BYTES_MAX })
const bystander = await Bystander.start(broker.port)
const sockets = new Set<Socket>()
after(async () => {
  await bystander.stop()
  for (const socket of sockets) socket.destroy()
  ok(broker.isRunning)
  await broker.close()
})

async function open(): Promise<Socket> {
  const socket = connect(broker.port, '127.0.0.1')
  socket.on('error', () => {})
  sockets.add(socket)
  await once(socket, 'connect')
  return socket
}

/** Files that this process may open beside what it has: a connection is one here, and one in the broker. */
function spareFiles(): number {
  try {
    const [, soft = '0'] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? []
    return Number(soft) - 500
  } catch {
    return 2000
  }
}

async function openMany(count: number): Promise<Socket[]> {
  const opened: Socket[] = []
  while (opened.length < count) opened.push(...(await Promise.all(Array.from({ length: 50 }, open))))
  return opened
}

function closeAll(some: readonly Socket[]): void {
  for (const socket of some) {
    socket.destroy()
    sockets.delete(socket)
  }
}

/** The greatest resident memory while the bystander does some rounds, above what it was `before`. */
async function growth(before: number, rounds = 20): Promise<number> {
  let most = 0
  for (let at = 0; at < rounds; at += 1) {
    await bystander.check()
    most = Math.max(most, broker.residentBytes())
  }
  return most - before
}

test('200 requests of 1 MiB that trickle in take the memory they may, not the memory they announce', async () => {
  await growth(0, 60)
  const before = broker.residentBytes()
  const clients = await openMany(200)
  const length = Buffer.alloc(4)
  length.writeInt32BE(MIB)
  for (const socket of clients) socket.write(length)
  for (let piece = 0; piece < 10; piece += 1) {
    for (const socket of clients) socket.write(Buffer.alloc(40 * 1024))
    await bystander.check()
  }
  const grown = await growth(before)
  // 200 MiB were announced and 80 MiB sent; the rest is what sockets and the heap take.
  ok(grown < MEMORY_BYTES_MAX + 64 * MIB, `it grew by ${grown} bytes`)
  closeAll(clients)
  await growth(0)
})

test('clients that ask for much and never read', async () => {
  const writer = await WireClient.connect(broker.port)
  const topic = await WireTopic.create(writer)
  const records = [{ value: Buffer.alloc(MIB - 1000, 1), timestamp: Date.now() }]
  equal((await topic.produce({ records })).errorCode, 0)
  await growth(0)
  const before = broker.residentBytes()
  const clients = await openMany(50)
  for (const socket of clients) {
    socket.pause()
    for (let at = 0; at < 100; at += 1) socket.write(writer.encode(Fetch, 12, topic.fetchRequest(0)))
    for (let at = 0; at < 100; at += 1) socket.write(writer.encode(ApiVersions, 3, NAMED))
  }
  const grown = await growth(before)
  // 5 GiB were asked for.
  ok(grown < 150 * MIB, `it grew by ${grown} bytes`)
  closeAll(clients)
  writer.close()
})

test('half-closed sockets are closed, idle or in the middle of a request', async () => {
  const idle = await openMany(50)
  const inRequest = await openMany(50)
  for (const socket of inRequest) socket.write(Buffer.from([0, 0, 1, 0, 7, 7]))
  const ended = [...idle, ...inRequest].map((socket) => once(socket.resume(), 'close'))
  for (const socket of [...idle, ...inRequest]) socket.end()
  await Promise.all(ended)
  await bystander.check()
})

test('5,000 connections that do nothing, or as many as the system lets this process have', async () => {
  const count = Math.min(5000, spareFiles())
  await bystander.check()
  const before = broker.residentBytes()
  const clients = await openMany(count)
  const grown = await growth(before)
  ok(grown / count < 32 * 1024, `${grown / count} bytes for each of ${count} connections`)
  const client = await WireClient.connect(broker.port)
  equal((await client.send(ApiVersions, 0, {})).errorCode, 0)
  client.close()
  closeAll(clients)
})

test('a client that floods: others have their turns', async () => {
  const flooder = await WireClient.connect(broker.port)
  const { socket } = flooder
  const frames = Buffer.concat(Array.from({ length: 2000 }, () => flooder.encode(ApiVersions, 3, NAMED)))
  // Its answers are read, by nobody who cares about them.
  socket.removeAllListeners('data')
  let answered = 0
  socket.on('data', (chunk: Buffer) => {
    answered += chunk.length
  })
  let isOver = false
  const flood = () => {
    if (!isOver) socket.write(frames, flood)
  }
  flood()
  for (let round = 0; round < 25; round += 1) await bystander.check()
  isOver = true
  ok(answered > 0)
  socket.destroy()
})

const NAMED = { clientSoftwareName: 'flood', clientSoftwareVersion: '1.0' }
