/** A disk that has no room: an append is undone, whole; the log goes on when there is room, and nothing is lost for it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveBrokerConfig, resolveTopicConfig } from '@odradek/config'
import { encodeBatch, errors, sliceOf } from '@odradek/protocol'
import { createSimHost, PAGE_BYTES, type SimHost } from '../host/sim/index.ts'
import type { Log } from './log.ts'
import { LogDirectory } from './log-directory.ts'
import { append, quiet, readAll, TOPIC_ID } from './testing/log-kit.ts'
import { verifyLog } from './verify.ts'

const NO_ROOM = errors.NOT_ENOUGH_REPLICAS.code
const PRODUCER = 7

function open(host: SimHost, options: { markBytes?: number } = {}): { directory: LogDirectory; log: Log } {
  const config = resolveBrokerConfig()
  const directory = LogDirectory.open({ host, path: '/data', nodeId: 1, config, logger: quiet, ...options })
  directory.setClusterId('c')
  return { directory, log: directory.openLog('t', 0, TOPIC_ID, resolveTopicConfig({ 'segment.bytes': '200000' })) }
}

/** Takes pages from the log until so many are free; what is returned gives them back. */
function leave(host: SimHost, pages: number): () => void {
  const { freeBytes } = host.disk.space('/data')
  const file = host.disk.open('/data/other-tenant', 'create')
  const bytes = freeBytes - pages * PAGE_BYTES
  if (bytes > 0) file.write(Buffer.alloc(bytes, 1), 0, bytes, 0)
  return () => {
    file.truncate(0)
    file.close()
  }
}

describe('a log on a full disk', () => {
  for (const valueBytes of [500, 60_000]) {
    it(`undoes what it cannot write, and goes on when there is room (batches of ${valueBytes} bytes)`, async () => {
      for (let seed = 1; seed <= 30; seed++) {
        const host = createSimHost(seed, { disk: { capacityBytes: 600 * PAGE_BYTES } })
        const { directory, log } = open(host)
        let sequence = 0
        const write = () => {
          const records = [{ value: Buffer.alloc(valueBytes, 65 + (sequence % 26)), timestamp: 1000 + sequence }]
          return append(log, encodeBatch({ records, producerId: PRODUCER, producerEpoch: 0, baseSequence: sequence }))
        }
        const writeOn = (count: number) => {
          for (let at = 0; at < count; at++) {
            assert.equal(write().errorCode, 0)
            sequence++
            log.write()
          }
        }
        writeOn(3)
        assert.ok(!directory.lacksRoom)
        const giveBack = leave(host, seed % 7)
        // Until the disk is full: several in a turn, as clients send them.
        let accepted: number
        do {
          accepted = sequence
          const { undone } = log
          for (let at = 0; at < 4; at++) if (write().errorCode === 0) sequence++
          log.write()
          if (log.undone !== undone) break
        } while (sequence > accepted)
        assert.equal(log.failed, null)
        assert.ok(directory.lacksRoom)
        // The end is where all was written; what the turn had accepted beyond is not there.
        assert.ok(log.endOffset >= accepted && log.endOffset <= sequence, `${accepted} ${log.endOffset} ${sequence}`)
        assert.equal(host.disk.fileSize('/data/t-0/00000000000000000000.log'), log.segments()[0]!.size, 'no torn batch')
        sequence = log.endOffset
        const before = readAll(log)
        assert.equal(before.length, sequence)
        // For a moment nothing is tried; nor does it help while the disk is full.
        assert.equal(write().errorCode, NO_ROOM)
        await host.world.runFor(1500)
        if (write().errorCode === 0) {
          log.write()
          sequence = log.endOffset
        }
        giveBack()
        await host.world.runFor(1500)
        sequence = log.endOffset
        // The producer's sequence is that of what is there.
        writeOn(5)
        assert.deepEqual(readAll(log).slice(0, before.length), before)
        await host.world.runFor(10_000)
        assert.ok(!directory.lacksRoom)
        log.flushNow()
        host.crash(seed % 2 === 0 ? 'power' : 'process')
        const next = open(host.reboot())
        assert.equal(next.log.endOffset, sequence)
        next.directory.started({ has: () => true })
        next.directory.close()
        void directory
      }
    })
  }

  it('keeps what it has in order, whichever write finds no room', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const host = createSimHost(seed)
      const { directory, log } = open(host)
      const random = host.random
      let failing = false
      const write = host.disk.write.bind(host.disk)
      host.disk.write = (file, path, buffer, start, end, position) => {
        if (failing && random.bytes(1)[0]! < 80) {
          // A part of it may have been written.
          write(file, path, buffer, start, start + Math.floor((end - start) / 2), position)
          throw Object.assign(new Error('no room'), { code: 'ENOSPC' })
        }
        write(file, path, buffer, start, end, position)
      }
      for (let at = 0; at < 120; at++) {
        failing = at % 3 !== 0
        const bytes = [100, 3000, 50_000][random.bytes(1)[0]! % 3]!
        const records = [{ value: Buffer.alloc(bytes, at), timestamp: 1000 + at }]
        append(
          log,
          encodeBatch({ records, producerId: at % 4, producerEpoch: 0, baseSequence: -1 }),
          Math.floor(at / 30),
        )
        if (at % 4 === 0) log.write()
        if (at % 10 === 0) log.flush(() => {})
        await host.world.runFor(400)
        assert.equal(log.failed, null)
      }
      failing = false
      await host.world.runFor(2000)
      log.write()
      const records = readAll(log)
      assert.deepEqual(
        records.map(({ offset }) => offset),
        records.map((_, at) => at),
      )
      assert.equal(records.length, log.endOffset)
      directory.started({ has: () => true })
      await host.world.complete(directory.flush())
      directory.close()
      const { findings } = verifyLog(host.disk, '/data/t-0', { deep: true })
      assert.deepEqual([...findings], [], `seed ${seed}`)
    }
  })

  it('is lost to use where what it cannot write cannot be undone either', () => {
    const host = createSimHost(3)
    const { log } = open(host)
    appendSequenced(log, 0)
    log.write()
    host.disk.leaveFree(0)
    host.disk.failNext('truncate', 'EIO')
    const records = [{ value: Buffer.alloc(60_000), timestamp: 1000 }]
    assert.throws(() => append(log, encodeBatch({ records })), { code: 'EIO' })
    assert.equal((log.failed as NodeJS.ErrnoException | null)?.code, 'EIO')
  })

  it('of a follower has no hole where the room ends in the midst of what its leader sent', async () => {
    const leader = open(createSimHost(1)).log
    for (let sequence = 0; sequence < 12; sequence++) appendSequenced(leader, sequence)
    leader.write()
    for (let failing = 0; failing < 12; failing++) {
      const host = createSimHost(2)
      const { log } = open(host)
      replicate(leader, log, 4)
      // As after a cut: producers are read again when they are needed, and what is staged is written before.
      appendSequenced(log, 4)
      log.write()
      log.truncateTo(4)
      let writes = 0
      const write = host.disk.write.bind(host.disk)
      host.disk.write = (...call) => {
        if (writes++ === failing) throw Object.assign(new Error('no room'), { code: 'ENOSPC' })
        write(...call)
      }
      for (let attempt = 0; log.endOffset < 12; attempt++) {
        assert.ok(attempt < 5)
        replicate(leader, log, 12)
        await host.world.runFor(1500)
      }
      const offsets = readAll(log).map(({ offset }) => offset)
      assert.deepEqual(
        offsets,
        Array.from({ length: 12 }, (_, offset) => offset),
        `write ${failing} fails`,
      )
    }
  })

  it('is flushed without a mark where a disk, or a quota, has no room for one', async () => {
    for (const code of ['ENOSPC', 'EDQUOT']) {
      const host = createSimHost(1)
      const { log } = open(host, { markBytes: 1000 })
      const flush = () => {
        const flushed = Promise.withResolvers<Error | null>()
        log.flush(flushed.resolve)
        return host.world.complete(flushed.promise)
      }
      const marks = () => host.disk.list('/data/t-0').filter(({ name }) => name.endsWith('.snapshot')).length
      for (let sequence = 0; sequence < 30; sequence++) appendSequenced(log, sequence)
      host.disk.failNext('write', code, 1, '.snapshot')
      assert.equal(await flush(), null)
      assert.deepEqual([log.failed, log.flushedOffset, marks()], [null, 30, 0])
      appendSequenced(log, 30)
      assert.equal(await flush(), null)
      assert.equal(marks(), 1, 'the next has one')
    }
  })

  it('stays as long as it is where there is no room to say that it is cut, and is cut when there is', async () => {
    for (const cut of [(log: Log) => log.truncateTo(3), (log: Log) => log.truncateFullyAndStartAt(20)]) {
      const host = createSimHost(1, { disk: { capacityBytes: 600 * PAGE_BYTES } })
      const { log } = open(host)
      for (let sequence = 0; sequence < 6; sequence++) appendSequenced(log, sequence, sequence)
      log.flushNow()
      const before = readAll(log)
      const giveBack = leave(host, 0)
      assert.throws(() => cut(log), { code: 'ENOSPC' })
      assert.equal(log.failed, null)
      assert.deepEqual(readAll(log), before)
      assert.equal(log.epochs.length, 6)
      giveBack()
      cut(log)
      assert.ok(log.endOffset === 3 || log.startOffset === 20)
      log.flushNow()
      host.crash('power')
      const next = open(host.reboot()).log
      assert.deepEqual([next.startOffset, next.endOffset], [log.startOffset, log.endOffset])
    }
  })

  it('has all that it goes on with after a crash, whichever write of a cut or an emptying finds no room', () => {
    for (const cut of [(log: Log) => log.truncateTo(3), (log: Log) => log.truncateFullyAndStartAt(20)]) {
      let isDone = false
      for (let failing = 0; !isDone; failing++) {
        assert.ok(failing < 50)
        const host = createSimHost(1)
        const { log } = open(host)
        for (let sequence = 0; sequence < 6; sequence++) appendSequenced(log, sequence, sequence)
        log.flushNow()
        let writes = 0
        const write = host.disk.write.bind(host.disk)
        host.disk.write = (...call) => {
          if (writes++ === failing) throw Object.assign(new Error('no room'), { code: 'ENOSPC' })
          write(...call)
        }
        try {
          cut(log)
          isDone = writes <= failing
        } catch (error) {
          assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
        }
        assert.equal(log.failed, null)
        const [start, end] = [log.startOffset, log.endOffset]
        log.flushNow()
        host.crash('power')
        const next = open(host.reboot()).log
        assert.deepEqual([next.startOffset, next.endOffset], [start, end], `write ${failing} found no room`)
      }
    }
  })

  it('knows who wrote what it let go of, also where what tells of that was lost and found no room at first', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const host = createSimHost(seed)
      const { log } = open(host)
      appendSequenced(log, 0)
      log.roll()
      append(log, encodeBatch({ records: [{ value: 'of nobody', timestamp: 1 }] }))
      log.flushNow()
      const [first, second] = log.segments()
      host.disk.remove(second!.path('.snapshot'))
      host.disk.failNext('write', 'ENOSPC', 1, '.snapshot')
      assert.throws(() => log.deleteSegments([first!]), { code: 'ENOSPC' })
      assert.equal(log.failed, null)
      log.deleteSegments([first!])
      host.crash('process')
      const next = open(host.reboot()).log
      assert.deepEqual([next.startOffset, next.endOffset], [1, 2])
      const known = [...next.producers()].map(({ producerId }) => producerId)
      assert.deepEqual(known, [PRODUCER], `seed ${seed}`)
    }
  })

  it('keeps segments that have no room for the names they get when they go, for the next time', () => {
    for (const name of ['.log', '.index', '.timeindex', '.snapshot']) {
      for (const at of [0, 1]) {
        const host = createSimHost(9)
        const { directory, log } = open(host)
        for (let offset = 0; offset < 12; offset++) {
          append(
            log,
            encodeBatch({ records: [{ value: Buffer.alloc(60_000, 65 + offset), timestamp: 1000 + offset }] }),
          )
          log.write()
        }
        log.flushNow()
        const bases = log.segments().map(({ baseOffset }) => baseOffset)
        assert.ok(bases.length >= 4)
        host.disk.failNext('rename', 'ENOSPC', 1, `${bases[at]}${name} to`)
        const victims = log.segments().slice(0, 2)
        if (name === '.log') assert.throws(() => log.deleteSegments(victims), { code: 'ENOSPC' })
        else log.deleteSegments(victims)
        host.disk.forgetFailures()
        assert.deepEqual([log.failed, directory.offline], [null, null], name)
        const gone = name === '.log' ? at : 2
        assert.deepEqual([log.startOffset, log.segments()[0]!.baseOffset], [bases[gone], bases[gone]], name)
        assert.equal(readAll(log)[0]!.offset, bases[gone], name)
        log.deleteSegments(log.segments().slice(0, 2 - gone))
        assert.deepEqual([log.startOffset, readAll(log).length], [bases[2], 12 - bases[2]!], name)
        directory.close()
        const next = open(host)
        assert.deepEqual([next.log.startOffset, readAll(next.log).length], [bases[2], 12 - bases[2]!], name)
        next.directory.close()
      }
    }
  })
})

function appendSequenced(log: Log, sequence: number, epoch = 0): void {
  const records = [{ value: `record ${sequence}`, timestamp: 1000 + sequence }]
  const batch = encodeBatch({ records, producerId: PRODUCER, producerEpoch: 0, baseSequence: sequence })
  assert.equal(append(log, batch, epoch).errorCode, 0)
}

/** A follower takes what follows its end in one piece, as far as there is room. */
function replicate(leader: Log, log: Log, to: number): void {
  const { range } = leader.read(log.endOffset, 1e6, to, true)
  try {
    log.appendReplicated(sliceOf(leader.readBatches(range!)))
    log.write()
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
  }
}
