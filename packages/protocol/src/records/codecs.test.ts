import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { compressFrameSync } from 'lz4-napi'
import { compressSync } from 'snappy'
import { codecNamed, codecs, codecWithId } from './codecs.ts'
import { CorruptBatchError } from './corrupt-batch-error.ts'

const [, gzip, snappy, lz4, zstd] = codecs as [
  never,
  (typeof codecs)[0],
  (typeof codecs)[0],
  (typeof codecs)[0],
  (typeof codecs)[0],
]
const text = Buffer.from('The same words again and again. '.repeat(4000))
const MEBIBYTE = 1024 * 1024

test('ids and names are those of the protocol', () => {
  const named = codecs.map(({ id, name }) => `${id} ${name}`)
  assert.deepEqual(named, ['0 none', '1 gzip', '2 snappy', '3 lz4', '4 zstd'])
  assert.equal(codecNamed('lz4'), codecWithId(3))
  for (const id of [5, 6, 7]) assert.throws(() => codecWithId(id), { reason: 'unknown codec' })
})

for (const { name, compress, decompress } of codecs) {
  test(`${name}: what goes in comes out, in any place, up to the bound exactly`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.nat(100), (bytes, times) => {
        const whole = Buffer.concat(Array(times).fill(bytes))
        const packed = compress(whole)
        const padded = Buffer.concat([Buffer.alloc(7, 0xee), packed, Buffer.alloc(7, 0xee)])
        assert.ok(decompress(padded, 7, 7 + packed.length, Math.max(1, whole.length)).equals(whole))
        if (whole.length < 2) return
        const tooSmall = whole.length - 1
        assert.throws(() => decompress(packed, 0, packed.length, tooSmall), { reason: 'too large' })
      }),
      { numRuns: 60 },
    )
  })

  test(`${name}: one byte more than allowed is too large`, () => {
    const packed = compress(text)
    assert.throws(() => decompress(packed, 0, packed.length, text.length - 1), {
      name: 'CorruptBatchError',
      reason: 'too large',
    })
  })
}

for (const { name, compress, inflatesBeyond } of codecs) {
  test(`${name}: what inflates to more than that many bytes, and what does not`, () => {
    const packed = Buffer.concat([Buffer.alloc(3), compress(text)])
    assert.equal(inflatesBeyond(packed, 3, packed.length, text.length), false)
    assert.equal(inflatesBeyond(packed, 3, packed.length, text.length - 1), true)
    if (name === 'none') return
    for (const wrong of [Buffer.alloc(0), Buffer.alloc(40, 0), packed.subarray(3, 10)]) {
      assert.equal(inflatesBeyond(wrong, 0, wrong.length, 1000), false)
    }
  })
}

for (const { name, compress, decompress } of [gzip, snappy, lz4, zstd]) {
  test(`${name}: bytes cut off anywhere are refused`, () => {
    const plain = text.subarray(0, 70_000)
    const packed = compress(plain)
    const step = Math.ceil(packed.length / 500)
    for (let cut = 0; cut < packed.length; cut += step) {
      // Xerial's framing has no end mark: between two blocks the cut cannot be seen, and the record count must tell.
      if (name === 'snappy' && xerialBlockEnds(packed).includes(cut)) continue
      assert.throws(() => decompress(packed, 0, cut, MEBIBYTE), { reason: 'malformed' }, `${cut} of ${packed.length}`)
    }
  })

  test(`${name}: whatever the bytes, nothing but a CorruptBatchError comes of them`, () => {
    const packed = compress(text.subarray(0, 3000))
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.uint8Array(), (changes, tail) => {
        const bytes = Buffer.concat([packed, tail])
        for (const [at, value] of changes) bytes[at % bytes.length] = value
        try {
          assert.ok(decompress(bytes, 0, bytes.length, MEBIBYTE).length <= MEBIBYTE)
        } catch (error) {
          assert.ok(error instanceof CorruptBatchError, String(error))
        }
      }),
      { numRuns: 300 },
    )
  })
}

/** 32 MiB of zeroes in a few bytes to some kilobytes. */
const bombs: [string, (typeof codecs)[0], () => Buffer][] = [
  ['gzip', gzip, () => gzipSync(Buffer.alloc(32 * MEBIBYTE), { level: 1 })],
  ['zstd', zstd, () => zstdCompressSync(Buffer.alloc(32 * MEBIBYTE))],
  ['lz4', lz4, () => compressFrameSync(Buffer.alloc(32 * MEBIBYTE))],
  ['one raw snappy block', snappy, () => compressSync(Buffer.alloc(32 * MEBIBYTE))],
  ['snappy in many blocks', snappy, () => snappy.compress(Buffer.alloc(32 * MEBIBYTE))],
]
for (const [what, codec, make] of bombs) {
  test(`a bomb of ${what} does not go off`, () => {
    const bomb = make()
    assert.throws(
      () => codec.decompress(bomb, 0, bomb.length, MEBIBYTE),
      (error) => {
        assert.ok(error instanceof CorruptBatchError)
        assert.equal(error.reason, 'too large')
        assert.match(error.message, /allowed/)
        return true
      },
    )
  })
}

test('levels are the codec’s own', () => {
  const text = Buffer.from(Array.from({ length: 5000 }, (_, index) => Math.sin(index).toFixed(5)).join())
  assert.notDeepEqual(gzip.compress(text, 1), gzip.compress(text, 9))
  assert.notDeepEqual(zstd.compress(text, 1), zstd.compress(text, 19))
  assert.ok(zstd.compress(text, 19).length <= zstd.compress(text, 1).length)
})

test('snappy: one raw block, as librdkafka and franz-go write it', () => {
  // Length 5, then a literal of 5 bytes.
  const raw = Buffer.from('051068656c6c6f', 'hex')
  assert.equal(snappy.decompress(raw, 0, raw.length, 5).toString(), 'hello')
  const packed = compressSync(text)
  assert.ok(snappy.decompress(packed, 0, packed.length, MEBIBYTE).equals(text))
})

test('snappy: blocks in xerial’s framing, as Java’s clients write them', () => {
  const framed = Buffer.from(
    '82534e4150505900' + '00000001' + '00000001' + '00000007051068656c6c6f' + '0000000402042121',
    'hex',
  )
  assert.equal(snappy.decompress(framed, 0, framed.length, 7).toString(), 'hello!!')
  assert.throws(() => snappy.decompress(framed, 0, framed.length, 6), { reason: 'too large' })
  assert.equal(snappy.compress(Buffer.from('hello')).toString('hex'), framed.toString('hex', 0, 27))
})

test('snappy: lengths that lie are refused before memory is asked for', () => {
  const huge = Buffer.from('ffffffff0f1068656c6c6f', 'hex')
  assert.throws(() => snappy.decompress(huge, 0, huge.length, 2 ** 40), /claims to inflate to 4294967295 bytes/)
  const endless = Buffer.alloc(20, 0xff)
  assert.throws(() => snappy.decompress(endless, 0, 20, MEBIBYTE), /without a length/)
  const header = '82534e41505059000000000100000001'
  for (const block of ['7fffffff', 'ffffffff05', '000000', '0000000805106865']) {
    const framed = Buffer.from(header + block, 'hex')
    assert.throws(() => snappy.decompress(framed, 0, framed.length, MEBIBYTE), /cut off/, block)
  }
})

test('lz4: blocks are independent, as Java’s client insists', () => {
  const packed = lz4.compress(text)
  assert.equal(packed.readUInt32LE(0), 0x184d2204)
  assert.equal(packed[4]! & 0x20, 0x20)
})

test('lz4: a small frame with large blocks is measured exactly before it is called too large', () => {
  // Two blocks of 4 MiB could be in it; it holds less than one.
  for (const plain of [Buffer.alloc(5 * MEBIBYTE), Buffer.concat([text, Buffer.alloc(MEBIBYTE, 'x'), text])]) {
    const packed = compressFrameSync(plain)
    assert.equal(packed[5]! >> 4, 7)
    assert.ok(lz4.decompress(packed, 0, packed.length, plain.length).equals(plain))
    assert.throws(() => lz4.decompress(packed, 0, packed.length, plain.length - 1), { reason: 'too large' })
  }
})

test('lz4: checksums and a content size in the frame are understood', () => {
  const sized = Buffer.from(
    '04224d18' + '6840' + '0500000000000000' + '61' + '05000080' + '68656c6c6f' + '00000000',
    'hex',
  )
  assert.equal(lz4.decompress(sized, 0, sized.length, 5).toString(), 'hello')
  assert.throws(() => lz4.decompress(sized, 0, sized.length, 4), { reason: 'too large' })
  for (const options of [
    { contentChecksum: true },
    { blockChecksums: true },
    { contentChecksum: true, blockChecksums: true },
  ]) {
    const packed = compressFrameSync(text, options)
    assert.ok(lz4.decompress(packed, 0, packed.length, MEBIBYTE).equals(text))
  }
})

for (const [what, hex, message] of [
  ['another magic', '04224d1960408200000000', /magic/],
  ['version 2', '04224d18a0408200000000', /version 1/],
  ['a dictionary', '04224d1861408200000000', /dictionary/],
  ['an undefined block size', '04224d1860308200000000', /block size code 3/],
  ['no end mark', '04224d18604082', /end mark/],
  ['a block beyond its end', '04224d1860408210000000aa', /cut off/],
  ['a block beyond its block size', '04224d1860408200000200aa', /cut off/],
  ['bytes after it', '04224d186040820000000000', /followed by 1 bytes/],
] as const) {
  test(`lz4: a frame with ${what} is refused`, () => {
    const frame = Buffer.from(hex, 'hex')
    assert.throws(() => lz4.decompress(frame, 0, frame.length, MEBIBYTE), message)
  })
}

function xerialBlockEnds(framed: Buffer): number[] {
  const ends = [16]
  while (ends.at(-1)! < framed.length) ends.push(ends.at(-1)! + 4 + framed.readInt32BE(ends.at(-1)!))
  return ends
}
