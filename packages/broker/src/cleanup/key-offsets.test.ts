import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { KeyOffsets } from './key-offsets.ts'

const bytesOf = (key: string | Buffer) => (typeof key === 'string' ? Buffer.from(key) : key)
const set = (keys: KeyOffsets, key: string | Buffer, offset: number) =>
  keys.set(bytesOf(key), 0, bytesOf(key).length, offset)
const get = (keys: KeyOffsets, key: string | Buffer) => keys.get(bytesOf(key), 0, bytesOf(key).length)

describe('the offsets of keys', () => {
  it('are the last that were set, of short and of long keys', () => {
    const keys = new KeyOffsets(1 << 20)
    const expected = new Map<string, number>()
    for (let at = 0; at < 20_000; at++) {
      const key = `${at % 7000}`.padEnd(at % 2 === 0 ? 5 : 40, 'x')
      set(keys, key, at)
      expected.set(key, at)
    }
    assert.equal(keys.size, expected.size)
    for (const [key, offset] of expected) assert.equal(get(keys, key), offset, key)
    assert.equal(get(keys, 'none'), -1)
    assert.equal(get(keys, 'none'.repeat(10)), -1)
  })

  it('tell keys apart that differ by their length or by zeros alone', () => {
    const keys = new KeyOffsets(1 << 20)
    const all = [0, 1, 2, 14, 15, 16, 17, 255].flatMap((length) => [Buffer.alloc(length), Buffer.alloc(length, 255)])
    const different = all.slice(1)
    for (const [offset, key] of different.entries()) set(keys, key, offset)
    for (const [offset, key] of different.entries()) assert.equal(get(keys, key), offset, `${offset}`)
    assert.equal(keys.size, different.length)
  })

  it('look at the part of a buffer that is the key', () => {
    const keys = new KeyOffsets(1 << 20)
    const buffer = Buffer.from('abcabd')
    keys.set(buffer, 0, 3, 1)
    keys.set(buffer, 3, 6, 2)
    keys.set(buffer, 1, 1, 3)
    assert.deepEqual([get(keys, 'abc'), get(keys, 'abd'), get(keys, ''), get(keys, 'bca')], [1, 2, 3, -1])
  })

  it('tell a million long keys apart that differ in a few bits', () => {
    const keys = new KeyOffsets(64 * 1024 * 1024)
    const key = Buffer.alloc(37, 'customer-')
    for (let at = 0; at < 1_000_000; at++) {
      key.writeUInt32LE(at * 4, 20 + (at % 3) * 4)
      keys.set(key, 0, key.length, at)
      key.writeUInt32LE(0, 20 + (at % 3) * 4)
    }
    assert.equal(keys.size, 1_000_000)
  })

  it('take no more memory than is allowed, but for what must fit', () => {
    const keys = new KeyOffsets(24 * 1024)
    assert.equal(keys.keysMax, 768)
    assert.ok(keys.hasRoomFor(5000), 'one batch always fits')
    for (let at = 0; at < 700; at++) set(keys, `${at}`, at)
    assert.ok(keys.hasRoomFor(68))
    assert.ok(!keys.hasRoomFor(69))
    for (let at = 700; at < 3000; at++) set(keys, `${at}`, at)
    for (let at = 0; at < 3000; at++) assert.equal(get(keys, `${at}`), at)
    assert.equal(new KeyOffsets(128 * 1024 * 1024).keysMax, 3_145_728)
  })

  it('hold offsets of any size', () => {
    const keys = new KeyOffsets(0)
    set(keys, 'k', Number.MAX_SAFE_INTEGER - 1)
    set(keys, 'l', 0)
    assert.deepEqual([get(keys, 'k'), get(keys, 'l')], [Number.MAX_SAFE_INTEGER - 1, 0])
  })
})
