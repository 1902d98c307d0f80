import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveBrokerConfig, resolveTopicConfig } from '@odradek/config'
import { encodeBatch } from '@odradek/protocol'
import { createSimHost, type SimHost } from '../host/sim/index.ts'
import { BatchReader } from './batch-reader.ts'
import { DAMAGE_NOTE, noteDamage } from './damage.ts'
import { findGoodBatches } from './good-batches.ts'
import type { Log } from './log.ts'
import { LogDirectory } from './log-directory.ts'
import { applyRepair } from './repair.ts'
import { changesAnything, planRepair } from './repair-plan.ts'
import { SEGMENT_SUFFIXES } from './segment-files.ts'
import { append, appendMarker, quiet, readAll, TOPIC_ID } from './testing/log-kit.ts'
import { verifyLog } from './verify.ts'

const PATH = '/data/t-0'
const config = resolveTopicConfig({ 'segment.bytes': '3000', 'index.interval.bytes': '300' })

function open(host: SimHost): { directory: LogDirectory; log: Log } {
  const directory = LogDirectory.open({ host, path: '/data', nodeId: 1, config: resolveBrokerConfig(), logger: quiet })
  directory.setClusterId('c')
  return { directory, log: directory.openLog('t', 0, TOPIC_ID, config) }
}

/** A stopped log of several segments, with transactions, in three epochs. */
function stopped(host: SimHost, isClean = true) {
  const { directory, log } = open(host)
  for (let at = 0; at < 60; at++) {
    const sequence = [...log.producers()].find(({ producerId }) => producerId === 1)?.lastSequence ?? -1
    const records = Array.from({ length: 1 + (at % 3) }, () => ({ value: `${at}`.padEnd(100), timestamp: 1000 + at }))
    const epoch = Math.floor(at / 20)
    append(log, encodeBatch({ records, producerId: 1, producerEpoch: 0, baseSequence: sequence + 1 }), epoch)
    if (at % 7 !== 0) continue
    append(log, encodeBatch({ records, producerId: 2, producerEpoch: 0, transactional: true }), epoch)
    const committed = at % 2 === 0
    appendMarker(log, { producerId: 2, producerEpoch: 0, committed, coordinatorEpoch: 0, timestamp: 1000 + at }, epoch)
  }
  log.flushNow()
  const before = {
    records: readAll(log),
    end: log.endOffset,
    epochs: [...log.epochs],
    aborted: log.abortedTransactions(0, log.endOffset),
    files: log.segments().map((segment) => segment.path('.log')),
    sequence: [...log.producers()].find(({ producerId }) => producerId === 1)?.lastSequence,
  }
  if (isClean) directory.close()
  else directory.checkpointNow()
  return { before, host: host.reboot() }
}

function repair(host: SimHost) {
  const plan = planRepair(host.disk, PATH)
  return { plan, aside: changesAnything(plan) ? applyRepair(host.disk, plan) : null }
}

/** After a repair nothing is left to repair, verify has nothing to say, and every record that was there is where it was. */
function checkRepaired(host: SimHost, before: ReturnType<typeof stopped>['before'], lost: ReadonlySet<number>): Log {
  assert.equal(changesAnything(planRepair(host.disk, PATH)), false)
  assert.deepEqual(verifyLog(host.disk, PATH, { deep: true }).findings, [])
  const { log } = open(host)
  assert.equal(log.failed, null)
  assert.equal(log.endOffset, before.end)
  assert.deepEqual(
    readAll(log),
    before.records.filter(({ offset }) => !lost.has(offset)),
  )
  assert.deepEqual(log.epochs, before.epochs)
  return log
}

/** The length of the last batch in a file. */
function lastBatchBytes(host: SimHost, path: string): number {
  const { good, size } = findGoodBatches(host.disk, path, 0, Number.POSITIVE_INFINITY)
  const reader = new BatchReader()
  reader.open(host.disk.open(path, 'read'), 0, good.at(-1)!.end, true)
  let position = 0
  while (reader.next()) position = reader.position
  return size - position
}

function offsetsOf(lost: readonly { from: number; to: number }[]): Set<number> {
  return new Set(lost.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, at) => from + at)))
}

describe('repairing a log', () => {
  it('leaves one alone that is well', () => {
    for (const isClean of [true, false]) {
      const { before, host } = stopped(createSimHost(1), isClean)
      const plan = planRepair(host.disk, PATH)
      if (isClean) assert.equal(changesAnything(plan), false)
      assert.deepEqual(plan.lost, [])
      repair(host)
      const log = checkRepaired(host, before, new Set())
      assert.deepEqual(log.abortedTransactions(0, log.endOffset), before.aborted)
    }
  })

  it('keeps all but the batch in which a bit flipped, wherever that is, with every offset where it was', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const { before, host } = stopped(createSimHost(seed), seed % 2 === 0)
      const file = before.files[host.random.below(before.files.length)]!
      const size = host.disk.fileSize(file)
      host.disk.decay(file, host.random.below(size), host.random.below(8))
      const isNoted = seed % 3 === 0
      if (isNoted) noteDamage(host.disk, PATH, { file: 'x', position: 0, problem: 'x', foundMs: 0 })
      const original = host.disk.readFile(file)
      const { plan, aside } = repair(host)
      assert.ok(plan.lost.length <= 1, `seed ${seed}`)
      // The leader epoch of a batch is not under the CRC.
      const lost = offsetsOf(plan.lost)
      assert.ok(lost.size <= 3, `seed ${seed}: ${JSON.stringify(plan.lost)}`)
      if (lost.size === 0) continue
      assert.deepEqual(host.disk.readFile(`${aside}/${file.slice(-24)}`), original, 'what was damaged is kept')
      assert.equal(host.disk.exists(`${PATH}/${DAMAGE_NOTE}`), false)
      const log = checkRepaired(host, before, lost)
      const aborted = before.aborted.filter(({ firstOffset }) => !lost.has(firstOffset))
      const told = log.abortedTransactions(0, log.endOffset).filter(({ firstOffset }) => !lost.has(firstOffset))
      assert.ok(told.length >= aborted.length - 1, `seed ${seed}`)
      const { lastSequence } = [...log.producers()].find(({ producerId }) => producerId === 1)!
      // After a crash its batches alone tell of a producer.
      if (plan.lost[0]!.to < before.end - 10) assert.equal(lastSequence, before.sequence)
    }
  })

  it('takes the room that a killed process left behind the last batch for none of its business', () => {
    const host = createSimHost(1)
    const { directory } = open(host)
    const log = directory.openLog('t', 0, TOPIC_ID, resolveTopicConfig({}))
    while (log.sizeInBytes < 1_100_000) {
      append(log, encodeBatch({ records: [{ value: 'x'.repeat(9000), timestamp: 1 }] }), 0)
      log.write()
    }
    log.flushNow()
    directory.checkpointNow()
    const { endOffset, sizeInBytes } = log
    host.crash('process')
    const next = host.reboot()
    const path = `${PATH}/00000000000000000000.log`
    assert.ok(next.disk.fileSize(path) > sizeInBytes)
    assert.equal(planRepair(next.disk, PATH).segments[0]!.deed, 'nothing')

    // What was durable is gone from before it: that is filled, and nothing is left behind what fills it.
    const file = next.disk.open(path, 'write')
    file.write(Buffer.alloc(9000), 0, 9000, sizeInBytes - 9000)
    file.close()
    const { plan } = repair(next)
    assert.deepEqual(plan.lost, [{ from: endOffset - 1, to: endOffset }])
    assert.equal(changesAnything(planRepair(next.disk, PATH)), false)
    assert.deepEqual(verifyLog(next.disk, PATH, { deep: true }).findings, [])
  })

  it('is told of by verify: what was durable and is not there, and what was noted', () => {
    const { before, host } = stopped(createSimHost(1))
    const last = before.files.at(-1)!
    const file = host.disk.open(last, 'write')
    const { end } = before
    file.truncate(file.size() - lastBatchBytes(host, last))
    file.close()
    const problems = () => verifyLog(host.disk, PATH).findings.filter(({ severity }) => severity === 'error')
    assert.match(problems()[0]!.problem, new RegExp(`^the log ends at offset \\d+, and all below ${end} was durable$`))
    noteDamage(host.disk, PATH, { file: 'x.log', position: 7, problem: 'the CRC does not match', foundMs: 0 })
    assert.ok(problems().some(({ problem }) => problem === 'damage was found in x.log: the CRC does not match'))
    repair(host)
    assert.deepEqual(problems(), [])
  })

  it('cuts a tail that was never durable, and sets nothing aside for it', () => {
    const { before, host } = stopped(createSimHost(1), false)
    host.disk.remove('/data/recovery-point-offset-checkpoint')
    const last = before.files.at(-1)!
    const file = host.disk.open(last, 'write')
    file.truncate(file.size() - 5)
    file.close()
    const { plan, aside } = repair(host)
    assert.deepEqual([plan.segments.at(-1)!.deed, plan.lost, aside], ['cut', [], null])
    const { log } = open(host)
    assert.equal(log.failed, null)
    assert.ok(log.endOffset < before.end)
    assert.deepEqual(readAll(log), before.records.slice(0, log.endOffset))
  })

  it('gives no offset twice: what was durable and is gone is filled', () => {
    for (const isClean of [true, false]) {
      const { before, host } = stopped(createSimHost(1), isClean)
      const last = before.files.at(-1)!
      const file = host.disk.open(last, 'write')
      file.truncate(file.size() - 5)
      file.close()
      const { plan } = repair(host)
      const log = checkRepaired(host, before, offsetsOf(plan.lost))
      assert.equal(append(log, encodeBatch({ records: [{ value: 'next', timestamp: 1 }] }), 2).baseOffset, before.end)
    }
  })

  it('fills the place of a segment that is gone, or empty, or all damaged', () => {
    for (const damage of ['gone', 'empty', 'zeros']) {
      const { before, host } = stopped(createSimHost(1))
      const file = before.files[2]!
      const size = host.disk.fileSize(file)
      if (damage === 'gone') host.disk.remove(file)
      else host.disk.replaceFile(file, damage === 'empty' ? '' : Buffer.alloc(size))
      const { plan } = repair(host)
      const from = Number(file.slice(-24, -4))
      const to = Number(before.files[3]!.slice(-24, -4))
      assert.deepEqual(plan.lost, [{ from, to }], damage)
      checkRepaired(host, before, offsetsOf(plan.lost))
    }
  })

  it('fills it in a compacted log, too, where the index tells of it, and holds what compaction took for no loss', () => {
    for (const left of ['the index', 'the index, and .deleted', 'nothing']) {
      const { before, host } = stopped(createSimHost(1))
      const { disk } = host
      const [, taken, file, next] = before.files as [string, string, string, string]
      const base = (path: string) => Number(path.slice(-24, -4))
      disk.replaceFile('/data/cleaner-offset-checkpoint', `0\n1\nt 0 ${base(next)}\n`)
      const remove = (path: string) => {
        for (const suffix of SEGMENT_SUFFIXES) disk.remove(path.replace('.log', suffix))
      }
      remove(taken)
      if (left === 'nothing') remove(file)
      else if (left === 'the index') disk.remove(file)
      else disk.rename(file, `${file}.deleted`)
      const isLost = left === 'the index'
      const told = verifyLog(disk, PATH).findings.filter(({ severity }) => severity === 'error')
      const problem = { severity: 'error', file, position: -1, problem: 'is missing, and its index is there' }
      assert.deepEqual(told, isLost ? [problem] : [], left)
      assert.deepEqual(planRepair(disk, PATH).lost, isLost ? [{ from: base(file), to: base(next) }] : [], left)
      if (!isLost) continue
      repair(host)
      const gone = offsetsOf([{ from: base(taken), to: base(next) }])
      assert.deepEqual(checkRepaired(host, before, gone).failed, null)
    }
  })

  it('makes indexes, epochs and snapshots again that disagree with the batches', () => {
    const { before, host } = stopped(createSimHost(1))
    const { disk } = host
    const base = before.files[1]!.slice(0, -4)
    disk.replaceFile(`${base}.index`, Buffer.alloc(16, 9))
    disk.replaceFile(`${base}.timeindex`, '')
    for (const { name } of disk.list(PATH))
      if (/snapshot|txnindex|epoch/.test(name)) disk.replaceFile(`${PATH}/${name}`, 'damaged')
    const { plan, aside } = repair(host)
    assert.deepEqual([plan.lost, aside], [[], null])
    const log = checkRepaired(host, before, new Set())
    assert.deepEqual(log.abortedTransactions(0, log.endOffset), before.aborted)
  })

  it('can be interrupted anywhere and done again', () => {
    for (let call = 1, crashed = true; crashed; call += 1 + (call % 9)) {
      const { before, host } = stopped(createSimHost(call))
      for (const at of [1, 3]) host.disk.decay(before.files[at]!, 200, 3)
      host.disk.crashAt(host.disk.calls + call)
      try {
        repair(host)
      } catch {}
      crashed = !host.alive
      const next = host.reboot()
      const { disk } = next
      // What the next repair begins with, as the command does.
      const { log, directory } = open(next)
      assert.ok(log.endOffset === before.end || log.failed !== null, `call ${call}`)
      directory.release()
      const last = next.reboot()
      repair(last)
      assert.deepEqual(
        verifyLog(last.disk, PATH, { deep: true }).findings.filter(({ severity }) => severity === 'error'),
        [],
      )
      const found = readAll(open(last).log)
      assert.ok(found.length > before.records.length - 8, `call ${call}: ${found.length}`)
      for (const record of found) assert.deepEqual(record, before.records[record.offset])
      assert.ok(disk !== host.disk)
    }
  })
})
