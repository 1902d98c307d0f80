import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { encodeBatch } from '@odradek/protocol'
import type { Disk, DiskFile } from '../host/disk.ts'
import { DAMAGE_NOTE, DamagedLogError, noteDamage } from './damage.ts'
import type { Log } from './log.ts'
import { append, appendMarker, type Bench, nodeBench, openLog, readAll } from './testing/log-kit.ts'
import { verifyLog } from './verify.ts'

const KIB = 1024
const MARK_BYTES = 64 * KIB
const config = { 'index.interval.bytes': '1000', 'segment.bytes': '1000000' }

/** Appends batches of about 1 KiB until the log has grown by `bytes`, with a flush every 8 KiB, and an abort now and then. */
function grow(log: Log, bytes: number): void {
  const end = log.sizeInBytes + bytes
  for (let flushed = log.sizeInBytes; log.sizeInBytes < end; ) {
    const sequence = [...log.producers()].find(({ producerId }) => producerId === 7)?.lastSequence ?? -1
    const records = [{ key: 'k', value: Buffer.alloc(900, 66), timestamp: 1000 + log.endOffset }]
    append(log, encodeBatch({ records, producerId: 7, producerEpoch: 0, baseSequence: sequence + 1 }))
    if (log.sizeInBytes - flushed < 8 * KIB) continue
    append(log, encodeBatch({ records, producerId: 8, producerEpoch: 0, transactional: true }))
    appendMarker(log, { producerId: 8, producerEpoch: 0, committed: false, coordinatorEpoch: 0, timestamp: 1 })
    flushed = log.sizeInBytes
    log.flushNow()
  }
}

/** A disk that counts the bytes read from `.log` files. */
function counting(disk: Disk): { disk: Disk; read: () => number } {
  let bytes = 0
  const counted = (file: DiskFile): DiskFile =>
    Object.assign(Object.create(file), {
      size: () => file.size(),
      read(buffer: Uint8Array, start: number, end: number, position: number) {
        const length = file.read(buffer, start, end, position)
        bytes += length
        return length
      },
      write: file.write.bind(file),
      truncate: file.truncate.bind(file),
      reserve: file.reserve.bind(file),
      startWriteback: file.startWriteback.bind(file),
      sync: file.sync.bind(file),
      syncNow: file.syncNow.bind(file),
      close: file.close.bind(file),
    })
  const wrapped = Object.create(disk) as Disk
  wrapped.open = (path, mode) => (path.endsWith('.log') ? counted(disk.open(path, mode)) : disk.open(path, mode))
  return { disk: wrapped, read: () => bytes }
}

function everything(log: Log) {
  return {
    records: readAll(log).length,
    end: log.endOffset,
    producers: [...log.producers()].map(({ producerId, lastSequence, epoch }) => [producerId, lastSequence, epoch]),
    aborted: log.abortedTransactions(0, log.endOffset),
    newest: log.maxTimestamp(log.endOffset),
    times: [1100, 1500, 2000].map((time) => log.offsetForTimestamp(time, log.endOffset)),
  }
}

function reopen(bench: Bench, recoveryPoint: number, disk: Disk = bench.disk): Log {
  return openLog({ ...bench, disk }, { config, clean: false, recoveryPoint, markBytes: MARK_BYTES })
}

describe('recovery from a mark', () => {
  it('reads no more than lies between two marks and past the recovery point, however much there is', () => {
    const read: number[] = []
    for (const bytes of [500 * KIB, 4000 * KIB]) {
      using bench = nodeBench()
      const log = openLog(bench, { config, markBytes: MARK_BYTES })
      grow(log, bytes)
      const recoveryPoint = log.flushedOffset
      const before = everything(log)
      log.close(false)
      const { disk, read: bytesRead } = counting(bench.disk)
      const found = reopen(bench, recoveryPoint, disk)
      read.push(bytesRead())
      assert.equal(found.endOffset, before.end)
      assert.ok(found.recoveredBytes < MARK_BYTES + 20 * KIB, `${found.recoveredBytes} of ${bytes}`)
      assert.deepEqual(everything(found), before)
      found.close(true)
      assert.deepEqual(verifyLog(bench.disk, `${bench.directory}/t-0`, { deep: true }).findings, [])
      assert.equal(openLog(bench, { config }).endOffset, before.end)
    }
    // Of what is before the mark: a header, and the stretch from the last index entry on.
    for (const bytes of read) assert.ok(bytes < MARK_BYTES + 50 * KIB, `${bytes} were read`)
  })

  it('leaves the indexes that reading the whole segment leaves', () => {
    using marked = nodeBench()
    using whole = nodeBench()
    for (const [bench, markBytes] of [
      [marked, MARK_BYTES],
      [whole, 1e9],
    ] as const) {
      const log = openLog(bench, { config, markBytes })
      grow(log, 300 * KIB)
      const recoveryPoint = log.flushedOffset
      log.close(false)
      reopen(bench, recoveryPoint).close(true)
    }
    const names = readdirSync(`${whole.directory}/t-0`)
    assert.deepEqual(
      readdirSync(`${marked.directory}/t-0`).filter((name) => name.endsWith('index')),
      names.filter((name) => name.endsWith('index')),
    )
    for (const name of names.filter((other) => other.endsWith('index')))
      assert.deepEqual(
        readFileSync(`${marked.directory}/t-0/${name}`),
        readFileSync(`${whole.directory}/t-0/${name}`),
        name,
      )
  })

  it('reads the whole segment where an index is gone, the mark is damaged, or nothing lies past it', () => {
    for (const damage of ['index', 'timeindex', 'snapshot', 'none below']) {
      using bench = nodeBench()
      const log = openLog(bench, { config, markBytes: MARK_BYTES })
      grow(log, 200 * KIB)
      const before = everything(log)
      const path = `${bench.directory}/t-0`
      log.close(false)
      const names = readdirSync(path).filter((name) => name.endsWith(`.${damage}`))
      for (const name of names) {
        if (damage === 'snapshot') writeFileSync(`${path}/${name}`, 'x')
        else rmSync(`${path}/${name}`)
      }
      const found = reopen(bench, damage === 'none below' ? 10 : before.end)
      assert.ok(found.recoveredBytes > 200 * KIB, damage)
      assert.deepEqual(everything(found), before, damage)
      assert.ok(readdirSync(path).filter((name) => name.endsWith('.snapshot')).length <= 1, 'no untrusted mark stays')
    }
  })

  it('trusts no mark that was not flushed with something after it', () => {
    using bench = nodeBench()
    const log = openLog(bench, { config, markBytes: MARK_BYTES })
    grow(log, 100 * KIB)
    const mark = Number(
      readdirSync(`${bench.directory}/t-0`)
        .find((name) => name.endsWith('.snapshot'))!
        .slice(0, 20),
    )
    log.close(false)
    const { recoveredBytes, sizeInBytes } = reopen(bench, mark)
    assert.equal(recoveredBytes, sizeInBytes, `mark ${mark}`)
  })

  it('keeps a few marks only, and none that was cut off', async () => {
    using bench = nodeBench()
    const log = openLog(bench, { config, markBytes: 8 * KIB })
    grow(log, 500 * KIB)
    const marks = () =>
      readdirSync(`${bench.directory}/t-0`)
        .filter((name) => name.endsWith('.snapshot'))
        .map((name) => Number(name.slice(0, 20)))
    // The oldest go beside the loop.
    while (marks().length > 9) await new Promise((next) => setImmediate(next))
    assert.ok(marks().length > 4, `${marks()}`)
    const cut = marks()[2]! + 1
    log.truncateTo(cut)
    assert.ok(marks().every((offset) => offset <= cut))
    grow(log, 20 * KIB)
    const before = everything(log)
    const recoveryPoint = log.flushedOffset
    log.close(false)
    assert.deepEqual(everything(reopen(bench, recoveryPoint)), before)
  })
})

describe('damage', () => {
  /** A log with a mark, and where its files are. */
  function markedLog(bench: Bench) {
    const log = openLog(bench, { config, markBytes: MARK_BYTES })
    grow(log, 200 * KIB)
    const end = log.endOffset
    const file = log.segments()[0]!.path('.log')
    log.close(false)
    return { end, file, path: `${bench.directory}/t-0` }
  }

  it('below the recovery point is thrown, with the files as they were', () => {
    using bench = nodeBench()
    const { end, file } = markedLog(bench)
    const bytes = readFileSync(file)
    bytes[bytes.length - 3000]! ^= 4
    writeFileSync(file, bytes)
    assert.throws(
      () => reopen(bench, end),
      (error: unknown) => error instanceof DamagedLogError && /the CRC does not match/.test(error.damage.problem),
    )
    assert.deepEqual(readFileSync(file), bytes)
    assert.ok(reopen(bench, 10).endOffset < end, 'what was never durable is cut')
  })

  it('is a log that ends before its recovery point', () => {
    using bench = nodeBench()
    const { end, file, path } = markedLog(bench)
    truncateSync(file, 100 * KIB)
    assert.throws(() => reopen(bench, end), DamagedLogError)
    assert.equal(readFileSync(file).length, 100 * KIB)
    rmSync(path, { recursive: true })
    bench.disk.makeDirectory(path)
    assert.throws(() => reopen(bench, end), DamagedLogError, 'all files are gone')
  })

  it('is a closed segment that is gone, cut short or longer than it was, wherever it is', () => {
    for (const damage of ['gone', 'empty', 'short', 'long', 'zeros at its end'] as const) {
      using bench = nodeBench()
      const small = { config: { ...config, 'segment.bytes': '30000' }, markBytes: MARK_BYTES }
      const log = openLog(bench, small)
      grow(log, 200 * KIB)
      const end = log.flushedOffset
      const segment = log.segments()[2]!
      const file = segment.path('.log')
      const { size } = segment
      log.close(false)
      if (damage === 'gone') rmSync(file)
      if (damage === 'empty') truncateSync(file, 0)
      if (damage === 'short') truncateSync(file, size - 7)
      if (damage === 'long') truncateSync(file, size + 100)
      if (damage === 'zeros at its end') {
        const bytes = readFileSync(file)
        bytes.fill(0, size - 1500)
        writeFileSync(file, bytes)
      }
      assert.throws(() => openLog(bench, { ...small, clean: false, recoveryPoint: end }), DamagedLogError, damage)
    }
  })

  it('that was noted is known after a clean stop too', () => {
    using bench = nodeBench()
    const log = openLog(bench, { config })
    grow(log, 10 * KIB)
    log.close(true)
    const damage = { file: '00000000000000000000.log', position: 7, problem: 'the CRC does not match', foundMs: 3 }
    noteDamage(bench.disk, `${bench.directory}/t-0`, damage)
    assert.throws(
      () => openLog(bench, { config }),
      (error: unknown) => {
        assert.ok(error instanceof DamagedLogError)
        assert.deepEqual(error.damage, damage)
        assert.match(error.message, /at byte 7: the CRC does not match.*odradek log repair/)
        return true
      },
    )
    rmSync(`${bench.directory}/t-0/${DAMAGE_NOTE}`)
    assert.ok(openLog(bench, { config }).endOffset > 0)
  })
})
