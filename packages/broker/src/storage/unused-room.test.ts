/** The zeros ahead of a growing segment: there while it grows, gone when it does not, and never taken for anything else. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pino } from 'pino'
import { createSimHost, PAGE_BYTES, type SimHost } from '../host/sim/index.ts'
import { dumpLog } from './dump.ts'
import type { Log } from './log.ts'
import { appendRecords, openLog, readAll } from './testing/log-kit.ts'
import { ROOM_BYTES } from './unused-room.ts'
import { verifyLog } from './verify.ts'

const MIB = 1024 * 1024
const VALUE = 'x'.repeat(9_000)

function open(host: SimHost, options: Parameters<typeof openLog>[1] = {}): Log {
  host.disk.makeDirectory('/data')
  host.disk.syncDirectory('/')
  return openLog({ disk: host.disk, clock: host.clock, directory: '/data' }, options)
}

/** Appends batches, a turn's for each write, until the log has at least `bytes`. */
function fill(log: Log, bytes: number, batchesPerWrite = 1): void {
  while (log.sizeInBytes < bytes) {
    for (let at = 0; at < batchesPerWrite; at++) appendRecords(log, [{ value: VALUE, timestamp: 1000 }])
    log.write()
  }
}

function fileBytes(host: SimHost, baseOffset = 0): number {
  return host.disk.fileSize(`/data/t-0/${String(baseOffset).padStart(20, '0')}.log`)
}

/** Opens it as after a stop that was not clean; what is said aloud of that is pushed to `said`. */
function recover(host: SimHost, said: string[], recoveryPoint = 0): Log {
  const logger = pino({ level: 'warn' }, { write: (line: string) => void said.push(line) })
  return open(host, { clean: false, recoveryPoint, logger })
}

describe('room ahead of a growing segment', () => {
  it('is there from the first MiB on, up to the end of the 64 KiB that the log ends in', () => {
    const host = createSimHost(1)
    const log = open(host)
    fill(log, MIB / 2)
    assert.equal(fileBytes(host), log.sizeInBytes)
    fill(log, MIB + 10_000)
    assert.equal(fileBytes(host), Math.ceil(log.sizeInBytes / ROOM_BYTES) * ROOM_BYTES)
    for (const batchesPerWrite of [1, 3, 20]) {
      fill(log, log.sizeInBytes + 5 * ROOM_BYTES, batchesPerWrite)
      assert.equal(fileBytes(host), Math.ceil(log.sizeInBytes / ROOM_BYTES) * ROOM_BYTES)
    }
    appendRecords(log, [{ value: 'x'.repeat(300_000), timestamp: 1000 }])
    assert.equal(fileBytes(host), Math.ceil(log.sizeInBytes / ROOM_BYTES) * ROOM_BYTES)
    const records = readAll(log).length
    assert.equal(records, log.endOffset)
    log.roll()
    assert.equal(fileBytes(host), log.sizeInBytes, 'rolled')
    log.close(true)
  })

  it('is gone after a clean stop, and when nothing comes for a while', () => {
    const host = createSimHost(2)
    const log = open(host)
    fill(log, 2 * MIB)
    for (let at = 0; at < 3; at++) log.settle()
    assert.equal(fileBytes(host), log.sizeInBytes, 'idle')
    fill(log, 2 * MIB + 20_000)
    assert.ok(fileBytes(host) > log.sizeInBytes)
    const { sizeInBytes, endOffset } = log
    log.close(true)
    assert.equal(fileBytes(host), sizeInBytes)
    assert.equal(open(host, { recoveryPoint: endOffset }).endOffset, endOffset)
  })

  it('is given up where the disk has no room for it, and what is there goes to batches', () => {
    let givenUp = 0
    for (let seed = 1; seed <= 20; seed++) {
      const host = createSimHost(seed, { disk: { capacityBytes: MIB + seed * 5 * PAGE_BYTES } })
      const log = open(host)
      while (log.undone === 0) {
        appendRecords(log, [{ value: VALUE, timestamp: 1000 }])
        log.write()
        if (log.sizeInBytes > MIB && fileBytes(host) === log.sizeInBytes && log.sizeInBytes % ROOM_BYTES !== 0)
          givenUp++
      }
      assert.equal(fileBytes(host), log.sizeInBytes, `seed ${seed}`)
      assert.ok(
        host.disk.space('/').freeBytes < 5 * PAGE_BYTES,
        `seed ${seed}: ${host.disk.space('/').freeBytes} bytes free`,
      )
      assert.equal(readAll(log).length, log.endOffset)
      log.close(false)
    }
    assert.ok(givenUp > 0)
  })

  it('is no damage to a log whose process was killed, nor to the tools that read it then', async () => {
    const host = createSimHost(3)
    const log = open(host)
    fill(log, MIB + 30_000)
    const { endOffset, sizeInBytes } = log
    host.crash('process')
    const next = host.reboot()
    assert.ok(fileBytes(next) > sizeInBytes)
    assert.deepEqual(verifyLog(next.disk, '/data/t-0').findings, [])
    assert.deepEqual(
      [...dumpLog(next.disk, '/data/t-0')].filter(({ kind }) => kind === 'problem'),
      [],
    )
    const said: string[] = []
    const recovered = recover(next, said)
    assert.deepEqual(said, [])
    assert.equal(recovered.endOffset, endOffset)
    assert.equal(fileBytes(next), sizeInBytes)
    fill(recovered, sizeInBytes + 100_000)
    assert.equal(readAll(recovered).length, recovered.endOffset)
  })

  it('is not what a log ends in that lost what was durable', () => {
    const host = createSimHost(4)
    const log = open(host)
    fill(log, MIB + 30_000)
    log.flushNow()
    const { endOffset, sizeInBytes } = log
    log.close(false)
    const path = '/data/t-0/00000000000000000000.log'
    const file = host.disk.open(path, 'write')
    file.write(Buffer.alloc(9_100), 0, 9_100, sizeInBytes - 9_100)
    file.close()
    const before = fileBytes(host)
    assert.throws(() => recover(host, [], endOffset), /was durable/)
    assert.equal(fileBytes(host), before, 'nothing is changed')
  })

  it('is gone for good where the log goes on without it: no power failure brings it back into what is closed', async () => {
    for (let seed = 1; seed <= 8; seed++) {
      for (const isUndone of [false, true]) {
        const host = createSimHost(seed)
        const log = open(host)
        fill(log, MIB + 10_000)
        log.flushNow()
        if (isUndone) {
          host.disk.leaveFree(0)
          // More than what is reserved.
          appendRecords(log, [{ value: 'x'.repeat(7 * MIB), timestamp: 1000 }])
          assert.equal(log.undone, 1)
          host.disk.leaveFree(Number.POSITIVE_INFINITY)
          await host.world.runFor(1500)
        }
        log.roll()
        fill(log, log.sizeInBytes + 1)
        log.flushNow()
        host.crash('power')
        const recovered = recover(host.reboot(), [], log.endOffset)
        assert.equal(recovered.endOffset, log.endOffset)
        assert.equal(readAll(recovered).length, log.endOffset, `seed ${seed}`)
      }
    }
  })

  it('is not what the next start finds after a clean stop, the power failing behind it', () => {
    for (let seed = 1; seed <= 12; seed++) {
      for (const isSettled of [false, true]) {
        const host = createSimHost(seed)
        const log = open(host)
        fill(log, MIB + 10_000)
        log.flushNow()
        if (isSettled) for (let at = 0; at < 3; at++) log.settle()
        const { endOffset } = log
        log.close(true)
        host.crash('power')
        const next = open(host.reboot(), { recoveryPoint: endOffset })
        fill(next, next.sizeInBytes + 1)
        assert.equal(readAll(next).length, endOffset + 1, `seed ${seed}`)
      }
    }
  })

  it('comes out of a power failure at whichever moment as a log that ends where it was flushed, or later', async () => {
    for (let seed = 1; seed <= 25; seed++) {
      const host = createSimHost(seed)
      const log = open(host)
      fill(log, MIB - 50_000)
      log.flushNow()
      let flushed = log.endOffset
      const written = log.endOffset + (seed % 20)
      while (log.endOffset < written + 8) {
        appendRecords(log, [{ value: VALUE, timestamp: 1000 }])
        if (log.endOffset % 3 === 0) log.write()
        if (log.endOffset === written) {
          log.flush((error) => {
            if (error === null) flushed = log.flushedOffset
          })
          await host.world.runFor((seed % 5) / 10)
        }
      }
      host.crash('power')
      const next = host.reboot()
      const recovered = recover(next, [], 0)
      assert.ok(recovered.endOffset >= flushed, `seed ${seed}: ${recovered.endOffset} below ${flushed}`)
      const records = readAll(recovered)
      assert.equal(records.length, recovered.endOffset, `seed ${seed}`)
      assert.equal(fileBytes(next), recovered.sizeInBytes, `seed ${seed}`)
      fill(recovered, recovered.sizeInBytes + 150_000, 2)
      assert.equal(readAll(recovered).length, recovered.endOffset, `seed ${seed}`)
    }
  })
})
