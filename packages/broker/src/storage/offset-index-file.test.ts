import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Disk } from '../host/disk.ts'
import type { Log } from './log.ts'
import { OffsetIndex } from './offset-index.ts'
import { BY_OFFSET, BY_POSITION, searchOffsetIndexFile } from './offset-index-file.ts'
import { append, nodeBench, openLog, sampleBatch } from './testing/log-kit.ts'

test('a look-up in the file finds what one in memory finds', () => {
  using bench = nodeBench({ inMemory: true })
  for (const entries of [0, 1, 2, 63, 64, 65, 127, 128, 1000]) {
    const index = new OffsetIndex(500)
    for (let entry = 0; entry < entries; entry += 1) index.append(500 + 3 * entry + 2, 100 + 7 * entry)
    const path = `${bench.directory}/${entries}.index`
    bench.disk.replaceFile(path, index.bytes())
    const file = bench.disk.open(path, 'read')
    for (let relative = 0; relative <= 3 * entries + 3; relative += 1) {
      const found = searchOffsetIndexFile(file, BY_OFFSET, relative)
      assert.equal(found?.position ?? 0, index.positionFor(500 + relative), `offset ${relative} of ${entries}`)
      if (found !== null) assert.ok(found.relativeOffset <= relative)
    }
    for (let position = 0; position <= 7 * entries + 110; position += 1) {
      const found = searchOffsetIndexFile(file, BY_POSITION, position)
      assert.equal(found?.position ?? 0, index.floorPosition(position), `position ${position} of ${entries}`)
    }
    file.close()
  }
})

/** A log of so many segments that the indexes of few of them may be in memory, and how often indexes were read whole. */
function logOfMany(bench: ReturnType<typeof nodeBench>) {
  const config = { 'segment.bytes': '20000', 'index.interval.bytes': '100' }
  const first = openLog(bench, { config })
  for (let next = 0; first.segments().length < 30; next += 1) append(first, sampleBatch(next))
  first.close(true)
  const counted = { loads: 0 }
  const disk: Disk = Object.create(bench.disk, {
    readFile: {
      value(path: string) {
        if (path.endsWith('.index')) counted.loads += 1
        return bench.disk.readFile(path)
      },
    },
  })
  return { log: openLog({ ...bench, disk }, { config }), counted }
}

/** Where the read at an offset begins and how long it is, the file aside. */
function rangeAt(log: Log, offset: number) {
  const { errorCode, range } = log.read(offset, 3000, log.endOffset, true)
  return { errorCode, position: range?.position, length: range?.length }
}

function offsetsOf(log: Log): number[] {
  const closed = log.segments().slice(0, -1)
  return closed.map(({ baseOffset }, at) => Math.floor((baseOffset + log.segments()[at + 1]!.baseOffset) / 2))
}

test('reading in turn in more segments than there is room for indexes does not load each anew', () => {
  using bench = nodeBench({ inMemory: true })
  const { log, counted } = logOfMany(bench)
  const offsets = offsetsOf(log)
  const loaded = offsets.map((offset) => rangeAt(log, offset))
  const before = counted.loads
  assert.ok(before >= offsets.length, 'each is loaded and checked once')
  const rounds = 20
  for (let round = 0; round < rounds; round += 1) {
    assert.deepEqual(
      offsets.map((offset) => rangeAt(log, offset)),
      loaded,
    )
  }
  assert.ok(counted.loads - before <= (rounds * offsets.length) / 10, `${counted.loads - before} loads`)
  // Whoever reads on in one segment has its index in memory before long.
  const closed = log.segments()[3]!
  for (let times = 0; times < 100; times += 1) rangeAt(log, offsets[3]!)
  assert.ok(closed.indexBytesHeld > 0)
  log.close(true)
})

test('an index that was damaged since it was checked is made again, however it is looked up', () => {
  using bench = nodeBench({ inMemory: true })
  const { log } = logOfMany(bench)
  const offsets = offsetsOf(log)
  const loaded = offsets.map((offset) => rangeAt(log, offset))
  const damaged = log.segments()[2]!
  assert.equal(damaged.indexBytesHeld, 0)
  const path = damaged.path('.index')
  const bytes = bench.disk.readFile(path)!
  for (let at = 4; at < bytes.length; at += 8) bytes.writeInt32BE(bytes.readInt32BE(at) + 1, at)
  bench.disk.replaceFile(path, bytes)
  assert.deepEqual(rangeAt(log, offsets[2]!), loaded[2])
  const removed = log.segments()[4]!
  assert.equal(removed.indexBytesHeld, 0)
  bench.disk.remove(removed.path('.index'))
  assert.deepEqual(rangeAt(log, offsets[4]!), loaded[4])
  log.close(true)
})
