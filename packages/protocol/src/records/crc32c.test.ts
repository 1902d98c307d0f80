import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { crc32c, crc32cByTables } from './crc32c.ts'

/** RFC 3720, B.4, and the check value of the CRC catalogue. */
const published: [string, Buffer, number][] = [
  ['nothing', Buffer.alloc(0), 0],
  ['the digits 1 to 9', Buffer.from('123456789'), 0xe3069283],
  ['32 bytes of zeroes', Buffer.alloc(32), 0x8a9136aa],
  ['32 bytes of ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['32 bytes counting up', Buffer.from(Array.from({ length: 32 }, (_, at) => at)), 0x46dd794e],
  ['32 bytes counting down', Buffer.from(Array.from({ length: 32 }, (_, at) => 31 - at)), 0x113fdb5c],
]

for (const [what, bytes, sum] of published) {
  test(`the CRC-32C of ${what}`, () => {
    assert.equal(crc32c(bytes, 0, bytes.length), sum)
    assert.equal(crc32cByTables(bytes, 0, bytes.length), sum)
  })
}

test('tables and native code agree on every length around the switch between them', () => {
  const bytes = Buffer.from(Array.from({ length: 600 }, (_, at) => (at * 37 + 11) & 255))
  for (let length = 0; length < 590; length++) {
    assert.equal(crc32c(bytes, 7, 7 + length), crc32cByTables(bytes, 7, 7 + length), `${length} bytes`)
  }
})

test('only the bytes of the range count', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 700 }), (before, bytes) => {
      const padded = Buffer.concat([before, bytes, Buffer.from('after')])
      assert.equal(crc32c(padded, before.length, before.length + bytes.length), crc32cByTables(bytes, 0, bytes.length))
    }),
  )
})
