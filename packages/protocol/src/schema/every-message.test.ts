/** What holds for every message in every version it is served in. New tables are covered as soon as they are listed. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { arbitraryOf, defaultOf, isSent } from '../../test/arbitrary-of.ts'
import { ProtocolError } from '../bytes/protocol-error.ts'
import { Reader } from '../bytes/reader.ts'
import type { Slice } from '../bytes/slice.ts'
import { viewOf } from '../bytes/slice.ts'
import { Writer } from '../bytes/writer.ts'
import { apiList } from '../messages/index.ts'
import type { AnyField, Shape } from './fields.ts'
import type { Message } from './message.ts'

const RUNS = 12

for (const api of apiList) {
  for (const message of [api.request, api.response] as Message<Shape>[]) {
    describe(message.name, () => {
      test('is read back as it was written, in every version', () => {
        for (const version of versionsOf(message)) {
          fc.assert(
            fc.property(arbitraryOf(message, version), (value) => {
              const { read, remaining } = decode(message, version, encode(message, version, value))
              assert.equal(remaining, 0, `v${version} leaves bytes`)
              assert.deepEqual(plain(read), plain(value), `v${version}`)
              assert.deepEqual(
                Object.keys(read),
                Object.keys(message.fields),
                `v${version} has its fields in table order`,
              )
            }),
            { numRuns: RUNS },
          )
        }
      })

      test('is written the same when fields at their default are left out', () => {
        for (const version of versionsOf(message)) {
          fc.assert(
            fc.property(arbitraryOf(message, version), (value) => {
              const sparse = withoutDefaults(message.fields, value)
              assert.deepEqual(encode(message, version, sparse), encode(message, version, value), `v${version}`)
            }),
            { numRuns: RUNS },
          )
        }
      })

      test('cut short anywhere is a ProtocolError', () => {
        for (const version of versionsOf(message)) {
          for (const value of fc.sample(arbitraryOf(message, version), { numRuns: 3, seed: 7 + version })) {
            const whole = encode(message, version, value)
            for (let length = 0; length < whole.length; length++) {
              assert.throws(
                () => decode(message, version, whole.subarray(0, length)),
                ProtocolError,
                `v${version} cut to ${length} of ${whole.length} bytes`,
              )
            }
          }
        }
      })

      test('with bytes flipped, or of noise, is read or is a ProtocolError', () => {
        for (const version of versionsOf(message)) {
          const damage = fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 1, max: 255 })), {
            minLength: 1,
            maxLength: 4,
          })
          fc.assert(
            fc.property(arbitraryOf(message, version), damage, (value, flips) => {
              const bytes = Buffer.from(encode(message, version, value))
              for (const [at, mask] of flips) if (bytes.length > 0) bytes[at % bytes.length]! ^= mask
              readOrProtocolError(message, version, bytes)
            }),
            { numRuns: RUNS },
          )
          fc.assert(
            fc.property(fc.uint8Array({ maxLength: 64 }), (noise) => {
              readOrProtocolError(message, version, Buffer.from(noise))
            }),
            { numRuns: RUNS },
          )
        }
      })

      test('carries tags it does not know without harm', () => {
        for (const version of versionsOf(message)) {
          if (
            !message.isFlexible(version) ||
            Object.values(message.fields).some((field) => sentTagged(field, version))
          ) {
            continue
          }
          const [value] = fc.sample(arbitraryOf(message, version), { numRuns: 1, seed: version })
          const bytes = encode(message, version, value!)
          // The section of the message itself is its last byte: no tags. Put two in its place.
          assert.equal(bytes.at(-1), 0)
          const tags = Buffer.from([2, 90, 3, 1, 2, 3, 0x80 | 100, 1, 0])
          const { read, remaining } = decode(message, version, Buffer.concat([bytes.subarray(0, -1), tags]))
          assert.equal(remaining, 0)
          assert.deepEqual(plain(read), plain(value))
        }
      })
    })
  }
}

function versionsOf(message: Message<Shape>): number[] {
  const [first, last] = message.versions
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

function encode(message: Message<Shape>, version: number, value: Record<string, unknown>): Buffer {
  const writer = new Writer(16)
  message.encode(writer, value, version)
  return writer.buffer.subarray(0, writer.length)
}

/** Reads from the middle of a larger buffer, whose other bytes must not be touched. */
function decode(message: Message<Shape>, version: number, bytes: Buffer) {
  const around = Buffer.alloc(bytes.length + 24, 0x01)
  bytes.copy(around, 8)
  const reader = new Reader(around, viewOf(around), 8, 8 + bytes.length)
  const read = message.decode(reader, version)
  return { read: read as Record<string, unknown>, remaining: reader.remaining }
}

function readOrProtocolError(message: Message<Shape>, version: number, bytes: Buffer): void {
  try {
    decode(message, version, bytes)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    assert.match(error.message, new RegExp(`^${message.name} v${version}: .+ at byte \\d+$`))
  }
}

function sentTagged(field: AnyField, version: number): boolean {
  return field.options.tag !== undefined && isSent(field, version, true)
}

/** Values without identity: slices become their bytes. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return value
  if ('view' in value) {
    const { buffer, start, end } = value as Slice
    return Buffer.from(buffer.subarray(start, end))
  }
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]))
}

/** The value without the fields that have a default in the table and are equal to it. */
function withoutDefaults(shape: Shape, value: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(shape)) {
    const member = value[name]
    if (field.options.default !== undefined && isEqual(plain(member), plain(defaultOf(field)))) continue
    const inner = field.shape ?? field.element?.shape
    if (inner === undefined || member === null) kept[name] = member
    else if (Array.isArray(member)) kept[name] = member.map((element) => withoutDefaults(inner, element))
    else kept[name] = withoutDefaults(inner, member as Record<string, unknown>)
  }
  return kept
}

function isEqual(a: unknown, b: unknown): boolean {
  try {
    assert.deepStrictEqual(a, b)
    return true
  } catch {
    return false
  }
}
