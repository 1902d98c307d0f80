/**
 * A broker on a disk of 32 MiB that is killed, again and again, while it deletes segments before their time: what it had
 * acknowledged and not deleted is there, what it had deleted stays so, the disk never fills and files agree.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { usedPercent } from '../../src/cleanup/disk-state.ts'
import { SimRandom } from '../../src/host/sim/index.ts'
import { verifyLog } from '../../src/log-tools.ts'
import { WireTopic } from '../protocol/wire-topic.ts'
import { readRecords } from '../protocol-cross-check/read-records.ts'
import { WireClient } from '../wire-client.ts'
import { boundsOf } from './flood.ts'
import { type SmallDisk, smallDisk } from './small-disk.ts'
import { until } from './until.ts'

const DISK_BYTES = 32 * 1024 * 1024
const BATCH_BYTES = 50_000
const KILLS = 6
const SEED = Number(process.env.CRASH_SEED ?? 1)
const OFFSET_OUT_OF_RANGE = 1
const NOT_ENOUGH_REPLICAS = 19
const TIMEOUT_MS = 250_000

async function start(disk: SmallDisk): Promise<{ child: ChildProcess; port: number }> {
  const script = fileURLToPath(new URL('./run-small-disk-broker.ts', import.meta.url))
  const config = {
    'offsets.topic.num.partitions': 1,
    'log.segment.bytes': 512 * 1024,
    'disk.check.interval.ms': 50,
    // What is deleted by a dying broker waits for the next one, unless its room is needed.
    'log.segment.delete.delay.ms': 60_000,
  }
  const options = { path: disk.path, bytesMax: disk.bytesMax, dataDir: join(disk.path, 'data'), config }
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const child = spawn(process.execPath, [script, JSON.stringify(options)], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout!, 'data')) as [Buffer]
  return { child, port: Number(line.toString().trim().split(':').at(-1)) }
}

/** Writes until the broker is gone, noting under which offset each number is acknowledged. */
async function write(topic: WireTopic, acknowledged: Map<number, number>, next: { number: number }): Promise<void> {
  for (;;) {
    const number = next.number
    try {
      const value = `${number}`.padEnd(BATCH_BYTES, '.')
      const answer = await topic.produce({ records: [{ value, timestamp: Date.now() }] }, { version: 9 })
      if (answer.errorCode === 0) {
        acknowledged.set(answer.baseOffset, number)
        next.number++
      } else {
        equal(answer.errorCode, NOT_ENOUGH_REPLICAS)
        await boundsOf(topic, 0)
      }
    } catch (error) {
      if (!/closed the connection|ECONNRESET|EPIPE/.test(String(error))) throw error
      return
    }
  }
}

test(`a broker that is killed while it makes room (seed ${SEED})`, { timeout: TIMEOUT_MS }, async () => {
  using disk = smallDisk(DISK_BYTES)
  const random = new SimRandom(SEED)
  const acknowledged = [new Map<number, number>(), new Map<number, number>()]
  const next = [{ number: 0 }, { number: 0 }]
  let named: { name: string; topicId: string }[] = []
  let starts = [0, 0]
  let most = 0
  let moved = 0
  for (let kill = 0; kill <= KILLS; kill++) {
    const { child, port } = await start(disk)
    try {
      using client = await WireClient.connect(port)
      if (named.length === 0) named = [await WireTopic.create(client), await WireTopic.create(client)]
      const topics = named.map(({ name, topicId }) => new WireTopic(client, name, topicId))
      for (const [at, topic] of topics.entries()) {
        const { start: first, end } = await boundsOf(topic, 0)
        ok(first >= starts[at]!, `what was deleted is back: ${first} after ${starts[at]}`)
        const last = Math.max(-1, ...acknowledged[at]!.keys())
        ok(end > last, `${last} was acknowledged, the log ends at ${end}`)
        for (let offset = first; offset < end; ) {
          const { errorCode, records } = await topic.fetch(offset)
          // It goes on making room where the last life was ended.
          if (errorCode === OFFSET_OUT_OF_RANGE) {
            const { start: later } = await boundsOf(topic, 0)
            ok(later > offset)
            offset = later
            continue
          }
          equal(errorCode, 0)
          for (const record of readRecords(records!)) {
            const number = acknowledged[at]!.get(record.offset)
            const found = Number(
              Buffer.from(record.value ?? '')
                .toString()
                .split('.')[0],
            )
            if (number !== undefined) equal(found, number, `offset ${record.offset}`)
            offset = record.offset + 1
          }
        }
      }
      if (kill === KILLS) break
      const connections = await Promise.all(topics.map(() => WireClient.connect(port)))
      const writers = topics.map(({ name, topicId }, at) =>
        write(new WireTopic(connections[at]!, name, topicId), acknowledged[at]!, next[at]!),
      )
      const before = starts
      const look = async () => {
        const now = await Promise.all(topics.map(async (topic) => (await boundsOf(topic, 0)).start))
        most = Math.max(most, usedPercent(disk.space()))
        return now
      }
      starts = await until('segments are let go of', look, (now) => now[0] !== before[0] || now[1] !== before[1])
      moved++
      // Somewhere within what comes next.
      const written = () => next[0]!.number + next[1]!.number
      const last = written() + random.below(40)
      const count = async () => (await boundsOf(topics[0]!, 0)) && written()
      await until(`${last} are written`, count, (now) => now >= last)
      child.kill('SIGKILL')
      await Promise.all(writers)
      for (const connection of connections) connection.close()
    } finally {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }
  }
  equal(moved, KILLS)
  ok(most > 80 && most <= 92, `${most} %`)
  const logs = readdirSync(join(disk.path, 'data')).filter((name) => /-\d+$/.test(name))
  ok(logs.length >= 2)
  for (const name of logs) {
    const { findings } = verifyLog(join(disk.path, 'data', name), { deep: true })
    deepEqual(
      findings.filter(({ severity }) => severity === 'error'),
      [],
      name,
    )
  }
})
