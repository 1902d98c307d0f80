/**
 * A log on the simulated disk, with the power cut at every system call it makes, and the machine started again on what the
 * disk kept: what was flushed is there, what is there is a prefix of what was appended, and it goes on from there.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveBrokerConfig, resolveTopicConfig } from '@odradek/config'
import { encodeBatch } from '@odradek/protocol'
import { createSimHost, SimCrash, type SimHost } from '../host/sim/index.ts'
import type { Log } from './log.ts'
import { LogDirectory } from './log-directory.ts'
import { append, appendMarker, quiet, readAll, TOPIC_ID } from './testing/log-kit.ts'

const config = resolveTopicConfig({
  'segment.bytes': '1500',
  'index.interval.bytes': '200',
  'file.delete.delay.ms': '0',
})
const PRODUCER = 77

function openDirectory(host: SimHost): LogDirectory {
  const directory = LogDirectory.open({ host, path: '/data', nodeId: 1, config: resolveBrokerConfig(), logger: quiet })
  directory.setClusterId('c')
  return directory
}

function batchAt(offset: number, count: number, size: number, baseSequence: number): Buffer {
  const records = Array.from({ length: count }, (_, at) => ({
    key: `k${offset + at}`,
    value: Buffer.alloc(size, 97 + (offset % 26)),
    timestamp: 1000 + offset + at,
  }))
  return encodeBatch({ records, producerId: PRODUCER, producerEpoch: 0, baseSequence })
}

/** Enough of a record to tell it from others. */
interface Trace {
  readonly offset: number
  readonly key: string | null
  readonly bytes: number
}

/** What was appended, and how much of it was flushed: known outside the simulated machine. */
interface Witness {
  readonly records: Trace[]
  readonly ends: Set<number>
  readonly aborted: { producerId: number; firstOffset: number; lastOffset: number }[]
  flushed: number
  start: number
}

/** The sequence of the producer's next record, if that gets `offset`. */
function sequenceAt(witness: Witness, offset: number): number {
  return witness.records.filter((record) => record.offset < offset && record.key?.startsWith('k')).length
}

/** A transaction of one record and the marker that aborts it. */
function abortTransaction(log: Log, witness: Witness): void {
  const offset = log.endOffset
  const end = offset + 2
  witness.records.length = offset
  for (const at of [offset, offset + 1]) {
    witness.records.push({ offset: at, key: at === offset ? 'gone' : '\0\0\0\0', bytes: at === offset ? 4 : 6 })
    witness.ends.add(at + 1)
  }
  // A life that ended between the two left a transaction open, which this marker ends as well.
  const open = [...log.producers()].find(({ producerId }) => producerId === 78)?.transactionStartOffset ?? -1
  witness.aborted.push({ producerId: 78, firstOffset: open < 0 ? offset : open, lastOffset: end - 1 })
  const producer = { producerId: 78, producerEpoch: 0 }
  const records = [{ key: 'gone', value: 'gone', timestamp: 1000 + offset }]
  append(log, encodeBatch({ ...producer, records, transactional: true }), Math.floor(offset / 10))
  appendMarker(
    log,
    { ...producer, committed: false, coordinatorEpoch: 0, timestamp: 1001 + offset },
    Math.floor((end - 1) / 10),
  )
}

/** Appends, rolls, flushes, moves the start, checkpoints; crashes somewhere, or closes cleanly at the end. */
async function live(host: SimHost, witness: Witness, rounds: number): Promise<void> {
  const directory = openDirectory(host)
  const log = directory.openLog('t', 0, TOPIC_ID, config)
  witness.records.length = log.endOffset
  witness.aborted.splice(0, Infinity, ...witness.aborted.filter(({ lastOffset }) => lastOffset < log.endOffset))
  for (let round = 0; round < rounds; round++) {
    // One batch in five is larger than what is staged.
    for (const size of [10, 30, round % 5 === 2 ? 9000 : 50]) {
      const offset = log.endOffset
      const batch = batchAt(offset, 1 + (offset % 3), size, sequenceAt(witness, offset))
      // Even an append that dies may be on the disk.
      witness.records.length = offset
      for (let at = 0; at < 1 + (offset % 3); at++) {
        witness.records.push({ offset: offset + at, key: `k${offset + at}`, bytes: size })
      }
      witness.ends.add(offset + 1 + (offset % 3))
      append(log, batch, Math.floor(offset / 10))
    }
    if (round % 2 === 1) abortTransaction(log, witness)
    log.write()
    const target = log.endOffset
    if (round % 3 === 0) {
      const flushed = Promise.withResolvers<void>()
      log.flush((error) => {
        if (error === null) witness.flushed = Math.max(witness.flushed, target)
        flushed.resolve()
      })
      await host.world.complete(flushed.promise)
    }
    if (round === 5) {
      witness.start = 12
      log.advanceStartOffset(12)
    }
    if (round % 4 === 1) directory.checkpoint()
  }
  directory.close()
  if (host.alive) witness.flushed = log.endOffset
}

function check(log: Log, witness: Witness, where: string): void {
  assert.ok(log.endOffset >= witness.flushed, `${where}: ends at ${log.endOffset}, ${witness.flushed} was flushed`)
  assert.ok(log.endOffset === 0 || witness.ends.has(log.endOffset), `${where}: ends at ${log.endOffset}`)
  assert.ok(log.startOffset <= witness.start, `${where}: starts at ${log.startOffset}`)
  const found = readAll(log).map(({ offset, key, value }) => ({ offset, key, bytes: value!.length }))
  assert.deepEqual(found, witness.records.slice(log.startOffset, log.endOffset), where)
  const aborted = witness.aborted.filter(
    ({ lastOffset }) => lastOffset < log.endOffset && lastOffset >= log.startOffset,
  )
  assert.deepEqual(
    log.abortedTransactions(log.startOffset, log.endOffset),
    aborted.map(({ producerId, firstOffset }) => ({ producerId, firstOffset })),
    where,
  )
  const epochs = log.epochs
  for (const { epoch, startOffset } of epochs)
    assert.ok(startOffset < log.endOffset && Math.floor(startOffset / 10) === epoch, `${where}: epoch ${epoch}`)
  const producer = [...log.producers()].find(({ producerId }) => producerId === PRODUCER)
  if (log.endOffset > log.startOffset)
    assert.equal(producer?.lastSequence, sequenceAt(witness, log.endOffset) - 1, where)
  for (let time = 1000; time < 1000 + log.endOffset; time += 7)
    assert.equal(log.offsetForTimestamp(time, log.endOffset)?.offset, Math.max(log.startOffset, time - 1000), where)
}

/** Lives one life that ends at `crashCall`; false when it came to its end before. */
async function crashAt(host: SimHost, crashCall: number, witness: Witness, rounds: number): Promise<boolean> {
  host.disk.crashAt(crashCall)
  try {
    await live(host, witness, rounds)
    return !host.alive
  } catch (error) {
    if (!host.alive) return true
    if (error instanceof SimCrash) return true
    throw error
  }
}

describe('a log whose machine loses power', () => {
  for (const seed of [1, 2, 3]) {
    it(`keeps what was flushed and a prefix of the rest, at every call (seed ${seed})`, async () => {
      let crashes = 0
      for (let call = 1; ; call++) {
        const witness: Witness = { records: [], ends: new Set(), aborted: [], flushed: 0, start: 0 }
        const host = createSimHost(seed * 1000 + call)
        const crashed = await crashAt(host, call, witness, 12)
        if (crashed) crashes++
        const next = host.reboot()
        const directory = openDirectory(next)
        const log = directory.openLog('t', 0, TOPIC_ID, config)
        const where = `seed ${seed}, call ${call}`
        if (directory.wasClean) assert.equal(log.endOffset, witness.records.length, where)
        check(log, witness, where)
        // It goes on, and stops cleanly.
        const offset = log.endOffset
        assert.equal(append(log, batchAt(offset, 2, 20, sequenceAt(witness, offset)), 50).baseOffset, offset, where)
        directory.close()
        const last = next.reboot()
        const reopened = openDirectory(last)
        assert.ok(reopened.wasClean)
        assert.equal(reopened.openLog('t', 0, TOPIC_ID, config).endOffset, offset + 2, where)
        if (!crashed) break
      }
      assert.ok(crashes > 100, `${crashes} crashes`)
    })
  }

  it('survives crash upon crash, in recovery too', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      let host = createSimHost(seed)
      const witness: Witness = { records: [], ends: new Set(), aborted: [], flushed: 0, start: 0 }
      for (let life = 0; life < 8; life++) {
        await crashAt(host, 5 + host.world.random.below(life % 2 === 0 ? 150 : 25), witness, 12)
        host = host.reboot()
      }
      const directory = openDirectory(host)
      check(directory.openLog('t', 0, TOPIC_ID, config), witness, `seed ${seed}`)
    }
  })
})
