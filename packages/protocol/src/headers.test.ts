import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Reader } from './bytes/reader.ts'
import { Writer } from './bytes/writer.ts'
import {
  isResponseHeaderFlexible,
  readRequestHeader,
  readResponseHeader,
  writeRequestHeader,
  writeResponseHeader,
} from './headers.ts'

const header = { apiKey: 3, apiVersion: 9, correlationId: 7, clientId: 'me' }

test('a request header ends in a tag section when the request is flexible; its client id is never compact', () => {
  for (const [flexible, hex] of [
    [false, '0003 0009 00000007 0002 6d65'],
    [true, '0003 0009 00000007 0002 6d65 00'],
  ] as const) {
    const writer = new Writer()
    writeRequestHeader(writer, header, flexible)
    assert.equal(writer.buffer.toString('hex', 0, writer.length), hex.replaceAll(' ', ''))
    const reader = new Reader(writer.buffer.subarray(0, writer.length))
    assert.deepEqual(
      readRequestHeader(reader, (apiKey, apiVersion) => {
        assert.deepEqual([apiKey, apiVersion], [3, 9])
        return flexible
      }),
      header,
    )
    assert.equal(reader.remaining, 0)
  }
})

test('the client id may be null, and tags in the header are skipped', () => {
  const reader = new Reader(Buffer.from('0003000900000007ffff 01 05 02 aabb'.replaceAll(' ', ''), 'hex'))
  assert.equal(readRequestHeader(reader, () => true).clientId, null)
  assert.equal(reader.remaining, 0)
})

test('of an unknown request everything up to the client id is read', () => {
  const reader = new Reader(Buffer.from('0012006300000007ffff 00 0b'.replaceAll(' ', ''), 'hex'))
  const read = readRequestHeader(reader, () => null)
  assert.deepEqual(read, { apiKey: 18, apiVersion: 99, correlationId: 7, clientId: null })
  assert.equal(reader.remaining, 2)
})

test('a response header has tags when the message has, except for ApiVersions', () => {
  assert.deepEqual(
    [isResponseHeaderFlexible(3, true), isResponseHeaderFlexible(3, false), isResponseHeaderFlexible(18, true)],
    [true, false, false],
  )
  const writer = new Writer()
  writeResponseHeader(writer, 7, false)
  writeResponseHeader(writer, 8, true)
  const reader = new Reader(writer.buffer.subarray(0, writer.length))
  assert.equal(writer.length, 9)
  assert.equal(readResponseHeader(reader, false), 7)
  assert.equal(readResponseHeader(reader, true), 8)
  assert.equal(reader.remaining, 0)
})
