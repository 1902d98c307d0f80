import assert from 'node:assert/strict'
import { test } from 'node:test'
import { viewOf } from '@odradek/protocol'
import fc from 'fast-check'
import { FrameReader } from './frame-reader.ts'

const FRAME_BYTES_MAX = 1_000_000

function framesOf(bodies: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    bodies.flatMap((body) => {
      const length = Buffer.alloc(4)
      length.writeInt32BE(body.length)
      return [length, body]
    }),
  )
}

/** Feeds `bytes` in chunks through one receive buffer that is overwritten each time, as the network does. */
function feed(reader: FrameReader, bytes: Buffer, cuts: readonly number[]): void {
  const receive = Buffer.alloc(bytes.length + 16)
  const view = viewOf(receive)
  let start = 0
  for (const cut of [...cuts, bytes.length]) {
    const end = Math.min(Math.max(cut, start), bytes.length)
    receive.fill(0xee)
    bytes.copy(receive, 7, start, end)
    reader.push(receive, view, 7, 7 + end - start)
    start = end
  }
}

test('frames come out whole and in order, however the stream is cut and wherever the reader stops', () => {
  const body = fc.uint8Array({ minLength: 1, maxLength: 300 })
  fc.assert(
    fc.property(
      fc.array(body, { maxLength: 12 }),
      fc.array(fc.nat(3000), { maxLength: 20 }),
      fc.array(fc.boolean(), { maxLength: 12 }),
      (bodies, cuts, stops) => {
        const seen: Buffer[] = []
        const reader = new FrameReader(FRAME_BYTES_MAX, {
          frame(buffer, view, start, end) {
            assert.equal(view.getUint8(start), buffer[start])
            seen.push(Buffer.from(buffer.subarray(start, end)))
            return stops[seen.length] !== true
          },
          badLength: (length) => assert.fail(`length ${length}`),
        })
        feed(
          reader,
          framesOf(bodies),
          cuts.sort((a, b) => a - b),
        )
        while (reader.stopped) reader.resume()
        assert.deepEqual(
          seen,
          bodies.map((bytes) => Buffer.from(bytes)),
        )
        assert.equal(reader.backlogBytes, 0)
      },
    ),
  )
})

test('a frame larger than the first buffer is put together', () => {
  const body = Buffer.alloc(700_000, 1)
  body[699_999] = 2
  let seen: Buffer | null = null
  const reader = new FrameReader(FRAME_BYTES_MAX, {
    frame(buffer, _view, start, end) {
      seen = Buffer.from(buffer.subarray(start, end))
      return true
    },
    badLength: (length) => assert.fail(`length ${length}`),
  })
  feed(reader, framesOf([body]), [1, 2, 3, 5000, 262_144, 500_000])
  assert.deepEqual(seen, body)
})

for (const length of [-1, 0, FRAME_BYTES_MAX + 1, 0x7fffffff]) {
  for (const cut of [4, 2]) {
    test(`a length of ${length} ends the stream (first ${cut} bytes apart)`, () => {
      const bytes = Buffer.alloc(12)
      bytes.writeInt32BE(length)
      const refused: number[] = []
      const reader = new FrameReader(FRAME_BYTES_MAX, {
        frame: () => assert.fail('no frame is whole'),
        badLength: (claimed) => refused.push(claimed),
      })
      feed(reader, bytes, [cut])
      feed(reader, bytes, [])
      assert.deepEqual(refused, [length])
    })
  }
}

test('what comes a byte at a time behind a stop is not copied anew for each', () => {
  const kept: number[] = []
  const seen: number[] = []
  const reader = new FrameReader(
    FRAME_BYTES_MAX,
    {
      frame(buffer, _view, start, end) {
        seen.push(end - start, buffer[start]!)
        return seen.length < 4
      },
      badLength: (length) => assert.fail(`length ${length}`),
    },
    { growTo: () => true, done() {}, keep: (bytes) => void kept.push(bytes), close() {} },
  )
  reader.stop()
  const bodies = [1, 2, 3].map((value) => Buffer.alloc(40_000, value))
  const bytes = framesOf(bodies)
  for (let at = 0; at < bytes.length; at += 1) feed(reader, bytes.subarray(at, at + 1), [])
  assert.equal(reader.backlogBytes, bytes.length)
  assert.ok(kept.at(-1)! >= bytes.length, 'all memory is counted')
  assert.ok(kept.at(-1)! <= bytes.length + 64 * 1024)
  assert.ok(new Set(kept).size < 30, `its memory changed ${new Set(kept).size} times`)
  reader.resume()
  assert.deepEqual(seen, [40_000, 1, 40_000, 2])
  assert.equal(reader.backlogBytes, 40_004)
  assert.equal(kept.at(-1), 40_004, 'the room of those that were read is given back')
  feed(reader, framesOf([Buffer.alloc(10, 4)]), [])
  reader.resume()
  assert.deepEqual(seen.slice(4), [40_000, 3])
  reader.resume()
  assert.deepEqual(seen.slice(6), [10, 4])
  assert.equal(reader.backlogBytes, 0)
  assert.equal(kept.at(-1), 0)
})

test('a handler sees how much lies behind its frame, and whether that is kept already', () => {
  const seen: [number, boolean][] = []
  const reader = new FrameReader(FRAME_BYTES_MAX, {
    frame() {
      seen.push([reader.behindBytes, reader.isBehindKept])
      return false
    },
    badLength: (length) => assert.fail(`length ${length}`),
  })
  feed(reader, framesOf([Buffer.alloc(10), Buffer.alloc(20)]), [])
  assert.deepEqual(seen, [[24, false]])
  reader.resume()
  assert.deepEqual(seen.slice(1), [[0, true]])
  reader.resume()
  // Cut within the first: put together, with the second behind it.
  feed(reader, framesOf([Buffer.alloc(10), Buffer.alloc(20)]), [6])
  assert.deepEqual(seen.slice(2), [[24, false]])
})
