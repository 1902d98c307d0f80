/** Offenders of every kind at once: each gets one line that names it, and many of them no more lines than the limit. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { errors } from '@odradek/protocol'
import { HostileScene } from '../hostile-scene.ts'
import { WireTopic } from '../protocol/wire-topic.ts'
import { WireClient } from '../wire-client.ts'
import { withPayload } from '../with-payload.ts'

const OF_EACH = 40
const SEARCHES = 2000

function int32(value: number, ...rest: number[]): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return Buffer.concat([bytes, Buffer.from(rest)])
}

/** What they send, and how they leave; without `leaves` it is the broker that ends the connection. */
const KINDS: readonly { name: string; bytes: Buffer; leaves?: 'end' | 'resetAndDestroy' }[] = [
  { name: 'a negative length', bytes: int32(-1) },
  { name: 'a length above the limit', bytes: int32(0x7fffffff, 1, 2, 3) },
  { name: 'another protocol', bytes: Buffer.from('GET / HTTP/1.1\r\n\r\n') },
  { name: 'a key that nobody serves', bytes: int32(10, 3, 231, 0, 0, 0, 0, 0, 1, 255, 255) },
  { name: 'a count that lies', bytes: int32(14, 0, 3, 0, 1, 0, 0, 0, 1, 255, 255, 0x7f, 255, 255, 255) },
  { name: 'a request and a half', bytes: int32(100, 0, 18, 0, 0), leaves: 'end' },
  { name: 'half a request, and a reset', bytes: int32(100, 0, 18, 0, 0), leaves: 'resetAndDestroy' },
]

const API_VERSIONS = int32(10, 0, 18, 0, 0, 0, 0, 0, 1, 255, 255)

/** All at once; resolves with their ports when the broker has closed every connection. */
async function offend(scene: HostileScene): Promise<Map<number, string>> {
  const ports = new Map<number, string>()
  const offences = KINDS.flatMap((kind) => Array.from({ length: OF_EACH }, () => kind))
  const one = async ({ name, bytes, leaves }: (typeof KINDS)[number]) => {
    const { socket, port } = await scene.connect()
    ports.set(port, name)
    const closed = once(socket, 'close')
    // Who is gone before the broker has even taken the connection has no address any more.
    if (leaves === 'resetAndDestroy') {
      socket.write(API_VERSIONS)
      await once(socket, 'data')
    }
    socket.resume()
    await new Promise((sent) => socket.write(bytes, sent))
    // What is reset before it was read was never sent.
    if (leaves === 'resetAndDestroy') await scene.bystander.check()
    if (leaves) socket[leaves]()
    await closed
  }
  await Promise.all(offences.map(one))
  equal(ports.size, offences.length)
  return ports
}

test(`${OF_EACH} offenders of each of ${KINDS.length} kinds have one line each`, async () => {
  await using scene = await HostileScene.open({ 'log.client.warnings.max': 10_000 })
  const ports = await offend(scene)
  while (scene.log.all.filter(({ remote }) => remote !== undefined).length < ports.size) await scene.bystander.check()
  const wrong = [...ports].flatMap(([port, name]) => {
    const lines = scene.log.about(port)
    return lines.length === 1 ? [] : [`${name}: ${lines.map(({ msg }) => msg).join(' | ')}`]
  })
  deepEqual(wrong, [])
})

test('with the limit of lines a second they have no more than that, and one that tells of the rest', async () => {
  await using scene = await HostileScene.open({ 'log.client.warnings.max': 3 })
  const began = performance.now()
  const ports = await offend(scene)
  const told = () => scene.log.all.flatMap(({ msg }) => /^(\d+) more warnings/.exec(msg)?.[1] ?? []).map(Number)
  const lines = () => scene.log.all.filter(({ msg }) => msg.startsWith('Closed a connection')).length
  // The rest is told when its second is over.
  while (lines() + told().reduce((sum, count) => sum + count, 0) < ports.size) await scene.bystander.check()
  const seconds = Math.ceil((performance.now() - began) / 1000) + 1
  ok(lines() <= 3 * seconds, `${lines()} lines in ${seconds} seconds`)
  ok(told().length <= seconds)
})

test('searches by time through a batch that cannot be opened have no more lines than that either', async () => {
  await using scene = await HostileScene.open({ 'log.client.warnings.max': 3 })
  using client = await WireClient.connect(scene.broker.port)
  const topic = await WireTopic.create(client)
  equal((await topic.produce(withPayload('gzip', gzipSync('no records')))).errorCode, 0)
  const began = performance.now()
  for (let search = 0; search < SEARCHES; search += 1) {
    equal((await topic.offsetOf(1)).errorCode, errors.CORRUPT_MESSAGE.code)
  }
  const seconds = Math.ceil((performance.now() - began) / 1000) + 1
  const lines = scene.log.all.filter(({ msg }) => msg.startsWith('No offset by time'))
  ok(lines.length > 0 && lines.length <= 3 * seconds, `${lines.length} lines in ${seconds} seconds`)
  equal(lines[0]!.topic, topic.name)
})
