import assert from 'node:assert/strict'
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { DamagedLogError } from './damage.ts'
import { append, appendRecords, type Bench, nodeBench, openLog, readAll, sampleBatch } from './testing/log-kit.ts'

const config = { 'segment.bytes': '1500', 'index.interval.bytes': '200' }

/** A log of several segments, not closed cleanly: written but no indexes of the active segment. Offsets of its batches. */
function crashedLog(bench: Bench) {
  const log = openLog(bench, { config })
  const batches: { base: number; end: number }[] = []
  for (let index = 1; (log.segments().at(-1)?.size ?? 0) < 900 || log.segments().length < 4; index++) {
    if (index % 7 === 0) continue
    const sequenced = { producerId: 9, producerEpoch: 0, baseSequence: log.endOffset }
    const { baseOffset, lastOffset } = append(log, sampleBatch(index, sequenced), Math.floor(index / 6))
    batches.push({ base: baseOffset, end: lastOffset + 1 })
  }
  log.write()
  const records = readAll(log)
  const epochs = [...log.epochs]
  const last = log.segments().at(-1)!
  const lastBase = last.baseOffset
  assert.ok(log.segments().length >= 3 && last.size > 700)
  log.close(false)
  return { batches, records, epochs, lastBase, path: `${bench.directory}/t-0`, lastFile: last.path('.log') }
}

function restore(saved: string, path: string): void {
  rmSync(path, { recursive: true })
  cpSync(saved, path, { recursive: true })
}

describe('recovery after an unclean stop', () => {
  it('keeps exactly the whole batches, wherever the last segment was cut', () => {
    using bench = nodeBench({ inMemory: true })
    const { batches, records, lastBase, path, lastFile } = crashedLog(bench)
    const saved = `${bench.directory}/saved`
    cpSync(path, saved, { recursive: true })
    const size = readFileSync(lastFile).length
    const ends = new Set<number>()
    for (let cut = 0; cut <= size; cut++) {
      restore(saved, path)
      truncateSync(lastFile, cut)
      const log = openLog(bench, { config, clean: false, recoveryPoint: lastBase })
      ends.add(log.endOffset)
      assert.ok(log.endOffset === lastBase || batches.some(({ end }) => end === log.endOffset), `cut at ${cut}`)
      const fileSize = readFileSync(lastFile).length
      assert.ok(fileSize <= cut)
      const end = batches.findLast(({ base }) => base < log.endOffset)!
      assert.equal(log.endOffset, end.end)
      assert.deepEqual(readAll(log), records.slice(0, log.endOffset))
      assert.ok(log.epochs.every(({ startOffset }) => startOffset < log.endOffset || log.endOffset === 0))
      if (cut % 37 === 0) {
        const sequence = log.endOffset
        const resent = append(log, sampleBatch(2, { producerId: 9, producerEpoch: 0, baseSequence: sequence }))
        assert.deepEqual([resent.errorCode, resent.baseOffset], [0, sequence], 'the producer goes on')
        assert.equal(readAll(log).length, log.endOffset)
      }
      log.close(false)
    }
    assert.equal(ends.size, batches.filter(({ base }) => base >= lastBase).length + 1, 'each end was met')
  })

  it('ends the log before the batch in which a bit flipped', () => {
    using bench = nodeBench({ inMemory: true })
    const { batches, records, lastBase, path, lastFile } = crashedLog(bench)
    const saved = `${bench.directory}/saved`
    cpSync(path, saved, { recursive: true })
    const bytes = readFileSync(lastFile)
    let start = 0
    for (const { base, end } of batches.filter((batch) => batch.base >= lastBase)) {
      const batchEnd = start + 12 + bytes.readInt32BE(start + 8)
      for (let at = start; at < batchEnd; at++) {
        // Base offset and leader epoch are not under the CRC.
        const field = at - start
        if (field < 8 || (field >= 12 && field < 16)) continue
        restore(saved, path)
        const flipped = Buffer.from(bytes)
        flipped[at]! ^= 1 << (at % 8)
        writeFileSync(lastFile, flipped)
        const log = openLog(bench, { config, clean: false, recoveryPoint: lastBase })
        assert.equal(log.endOffset, base, `byte ${field} of the batch ${base} to ${end}`)
        assert.deepEqual(readAll(log), records.slice(0, base))
        log.close(false)
      }
      start = batchEnd
      if (end > lastBase + 8) break
    }
  })

  it('makes the indexes that a clean stop would have left', () => {
    using bench = nodeBench({ inMemory: true })
    const { path } = crashedLog(bench)
    rmSync(path, { recursive: true })
    const clean = openLog(bench, { config })
    for (let index = 1; index < 27; index++) append(clean, sampleBatch(index))
    clean.close(true)
    const indexFiles = readdirSync(path).filter((name) => name.endsWith('index'))
    const expected = indexFiles.map((name) => readFileSync(`${path}/${name}`))
    for (const damage of ['removed', 'emptied', 'garbage', 'odd length', 'other segment'] as const) {
      for (const opensClean of [false, true]) {
        for (const [at, name] of indexFiles.entries()) {
          const file = `${path}/${name}`
          if (damage === 'removed') rmSync(file)
          if (damage === 'emptied' && expected[at]!.length > 0) writeFileSync(file, '')
          if (damage === 'garbage') writeFileSync(file, Buffer.alloc(expected[at]!.length, 0xa5))
          if (damage === 'odd length') writeFileSync(file, Buffer.concat([expected[at]!, Buffer.alloc(3)]))
          if (damage === 'other segment') writeFileSync(file, expected[(at + 2) % expected.length]!)
        }
        const log = openLog(bench, { config, clean: opensClean })
        for (const segment of log.segments()) assert.ok(segment.maxTimestamp > 0 && segment.offsets.entries >= 0)
        assert.equal(readAll(log).length, log.endOffset)
        log.close(true)
        for (const [at, name] of indexFiles.entries())
          assert.deepEqual(readFileSync(`${path}/${name}`), expected[at], `${damage}, clean ${opensClean}: ${name}`)
      }
    }
  })

  it('removes what comes after a damaged segment, with its indexes', () => {
    using bench = nodeBench({ inMemory: true })
    const { batches, records, path } = crashedLog(bench)
    const logs = readdirSync(path).filter((name) => name.endsWith('.log'))
    const second = `${path}/${logs[1]}`
    truncateSync(second, readFileSync(second).length - 1)
    const log = openLog(bench, { config, clean: false })
    const secondBase = Number(logs[1]!.slice(0, 20))
    const thirdBase = Number(logs[2]!.slice(0, 20))
    const lost = batches.findLast(({ base }) => base < thirdBase)!
    assert.equal(log.endOffset, lost.base)
    assert.ok(log.endOffset > secondBase)
    assert.deepEqual(readAll(log), records.slice(0, log.endOffset))
    assert.deepEqual(
      readdirSync(path).filter((name) => Number(name.slice(0, 20)) >= thirdBase),
      [],
    )
    log.close(true)
  })

  it('does not read below the recovery point', () => {
    using bench = nodeBench({ inMemory: true })
    const { path, lastBase, records } = crashedLog(bench)
    const first = `${path}/${readdirSync(path).find((name) => name.endsWith('.log'))}`
    const bytes = readFileSync(first)
    bytes[70]! ^= 1
    writeFileSync(first, bytes)
    const log = openLog(bench, { config, clean: false, recoveryPoint: lastBase + 1 })
    assert.equal(log.endOffset, records.length)
    assert.equal(log.flushedOffset, lastBase + 1)
    log.close(false)
    assert.equal(openLog(bench, { config, clean: false, recoveryPoint: 0 }).endOffset, 0, 'and reads it when told to')
  })

  it('makes a damaged offset index of a closed segment again, and does not take it for damage to the log', () => {
    using bench = nodeBench({ inMemory: true })
    const { path, lastBase, records } = crashedLog(bench)
    const saved = `${bench.directory}/saved`
    cpSync(path, saved, { recursive: true })
    const indexes = readdirSync(path).filter((name) => name.endsWith('.index') && Number(name.slice(0, 20)) < lastBase)
    const [name] = indexes
    const right = readFileSync(`${path}/${name}`)
    const log = `${path}/${name!.replace('.index', '.log')}`
    assert.ok(indexes.length >= 2 && right.length >= 8)
    // Of its last entry: beyond the log's end, amid a batch, without a sign.
    for (const position of [0x7000_0000, right.readInt32BE(right.length - 4) + 1, -5]) {
      restore(saved, path)
      const wrong = Buffer.from(right)
      wrong.writeInt32BE(position, wrong.length - 4)
      writeFileSync(`${path}/${name}`, wrong)
      const opened = openLog(bench, { config, clean: false, recoveryPoint: lastBase + 1 })
      assert.deepEqual(readAll(opened), records, `position ${position}`)
      opened.close(true)
      assert.deepEqual(readFileSync(`${path}/${name}`), right, `position ${position}`)
      // A log that is too short is damaged whatever its index says.
      restore(saved, path)
      writeFileSync(`${path}/${name}`, wrong)
      truncateSync(log, readFileSync(log).length - 1)
      const open = () => openLog(bench, { config, clean: false, recoveryPoint: lastBase + 1 })
      assert.throws(open, DamagedLogError, `position ${position}`)
      // Nor may it end with a whole batch before the next segment begins.
      truncateSync(log, right.readInt32BE(right.length - 4))
      assert.throws(open, DamagedLogError, `position ${position}`)
    }
  })

  it('trims epochs to the log, and reads lost ones from the batches', () => {
    using bench = nodeBench({ inMemory: true })
    const { path, epochs, records } = crashedLog(bench)
    for (const text of [
      null,
      '0\n1\n99 1000\n',
      'x',
      '0\n3\n0 0\n',
      `0\n2\n0 0\n7 ${records.length}\n`,
      '0\n1\nx 5\n',
    ]) {
      rmSync(`${path}/leader-epoch-checkpoint`, { force: true })
      if (text !== null) writeFileSync(`${path}/leader-epoch-checkpoint`, text)
      const log = openLog(bench, { config, clean: false })
      assert.deepEqual(log.epochs, epochs, String(text))
      log.close(false)
    }
  })

  it('uses the newest whole snapshot of the producers', () => {
    using bench = nodeBench({ inMemory: true })
    const { path, records } = crashedLog(bench)
    const snapshots = readdirSync(path).filter((name) => name.endsWith('.snapshot'))
    assert.ok(snapshots.length >= 2)
    const saved = `${bench.directory}/saved`
    cpSync(path, saved, { recursive: true })
    for (const damaged of [[], snapshots.slice(-1), snapshots]) {
      restore(saved, path)
      for (const name of damaged) writeFileSync(`${path}/${name}`, readFileSync(`${path}/${name}`).fill(7, 8, 9))
      const log = openLog(bench, { config, clean: false, recoveryPoint: records.length })
      const [producer] = [...log.producers()]
      assert.deepEqual([producer?.producerId, producer?.lastSequence], [9, log.endOffset - 1])
      log.close(false)
    }
  })

  it('settles what a crash left of a compaction or a deletion', () => {
    using bench = nodeBench({ inMemory: true })
    const { path, records, lastBase } = crashedLog(bench)
    const names = readdirSync(path)
    const bases = names.filter((name) => name.endsWith('.log')).map((name) => name.slice(0, 20))
    const copy = (from: string, to: string) => cpSync(`${path}/${from}`, `${path}/${to}`)
    const saved = `${bench.directory}/saved`
    cpSync(path, saved, { recursive: true })
    const contents = () => {
      const log = openLog(bench, { config, clean: false, recoveryPoint: lastBase })
      const found = readAll(log)
      log.close(false)
      assert.deepEqual(
        readdirSync(path).filter((name) => /\.(cleaned|swap|deleted)$/.test(name)),
        [],
      )
      return found
    }
    // Written, not decided.
    copy(`${bases[0]}.log`, `${bases[0]}.log.cleaned`)
    copy(`${bases[0]}.index`, `${bases[0]}.index.cleaned`)
    assert.deepEqual(contents(), records)
    // Renamed in part: not decided.
    copy(`${bases[0]}.log`, `${bases[0]}.log.swap`)
    writeFileSync(`${path}/${bases[0]}.index.cleaned`, '')
    assert.deepEqual(contents(), records)
    // Decided: the first segment takes the place of the first two.
    const both = Buffer.concat([readFileSync(`${path}/${bases[0]}.log`), readFileSync(`${path}/${bases[1]}.log`)])
    writeFileSync(`${path}/${bases[0]}.log.swap`, both)
    writeFileSync(`${path}/${bases[0]}.index.swap`, '')
    writeFileSync(`${path}/${bases[0]}.timeindex.swap`, '')
    assert.deepEqual(contents(), records)
    assert.ok(!readdirSync(path).includes(`${bases[1]}.log`))
    assert.deepEqual(readFileSync(`${path}/${bases[0]}.log`), both)
    // Decided, the old ones renamed already.
    restore(saved, path)
    writeFileSync(`${path}/${bases[0]}.log.swap`, both)
    for (const base of [bases[0], bases[1]]) {
      cpSync(`${path}/${base}.log`, `${path}/${base}.log.deleted`)
      rmSync(`${path}/${base}.log`)
    }
    assert.deepEqual(contents(), records)
    // Decided by its name, and no segment: what it would replace stays.
    const flipped = Buffer.from(both)
    flipped[flipped.length - 1]! ^= 1
    for (const junk of [Buffer.alloc(8), Buffer.from('no batch'.repeat(50)), both.subarray(0, -1), flipped]) {
      restore(saved, path)
      writeFileSync(`${path}/${bases[0]}.log.swap`, junk)
      writeFileSync(`${path}/${bases[0]}.index.swap`, '')
      assert.deepEqual(contents(), records)
      assert.ok(readdirSync(path).includes(`${bases[1]}.log`))
    }
    // A deletion that was begun.
    restore(saved, path)
    cpSync(`${path}/${bases[0]}.log`, `${path}/${bases[0]}.log.deleted`)
    rmSync(`${path}/${bases[0]}.log`)
    assert.deepEqual(contents(), records.slice(Number(bases[1])))
  })

  it('begins anew where the recorded start lies beyond the end', () => {
    using bench = nodeBench({ inMemory: true })
    const { path } = crashedLog(bench)
    const log = openLog(bench, { config, clean: false, startOffset: 5000 })
    assert.deepEqual([log.startOffset, log.endOffset], [5000, 5000])
    assert.equal(appendRecords(log, [{ value: 'a' }], {}, 9).baseOffset, 5000)
    assert.deepEqual(
      readAll(log).map(({ offset }) => offset),
      [5000],
    )
    log.close(true)
    assert.deepEqual(
      readdirSync(path).filter((name) => name.endsWith('.log')),
      [`${'5000'.padStart(20, '0')}.log`],
    )
  })
})
