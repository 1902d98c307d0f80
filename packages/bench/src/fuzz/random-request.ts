/**
 * A request of any API and version with random contents, written straight from its table. With `faultRate` above 0 the
 * places where bytes say how many bytes follow lie now and then: lengths, counts, varints, tags, nulls. At 0 it is what
 * the protocol's own encoder could have written (a test holds this).
 */

import type { AnyField, Shape } from '@odradek/protocol'
import { type Api, Writer, writeRequestHeader } from '@odradek/protocol'
import type { Random } from './random.ts'
import type { Vocabulary } from './vocabulary.ts'

/** Makes the bytes of a field of record batches. */
export type RandomRecords = (random: Random) => Buffer

export interface RequestOptions {
  readonly random: Random
  readonly vocabulary: Vocabulary
  readonly records: RandomRecords
  /** The chance of each length, count, tag section or null to be a lie. */
  readonly faultRate: number
}

const TAG_DATA_BYTES_MAX = 20
const ELEMENTS = [0, 1, 1, 1, 2, 3]

/** A whole frame, its length in front; its length is right. */
export function randomFrame(api: Api, version: number, correlationId: number, options: RequestOptions): Buffer {
  const writer = new Writer(512)
  const flexible = api.request.isFlexible(version)
  writer.int32(0)
  const clientId = options.random.pick(['fuzz', '', null])
  writeRequestHeader(writer, { apiKey: api.key, apiVersion: version, correlationId, clientId }, flexible)
  new RequestWriter(writer, version, flexible, options).struct(api.request.fields, api.name)
  writer.patchInt32(0, writer.length - 4)
  return Buffer.from(writer.buffer.subarray(0, writer.length))
}

class RequestWriter {
  readonly #out: Writer
  readonly #version: number
  readonly #flexible: boolean
  readonly #random: Random
  readonly #vocabulary: Vocabulary
  readonly #records: RandomRecords
  readonly #faultRate: number

  constructor(out: Writer, version: number, flexible: boolean, options: RequestOptions) {
    this.#out = out
    this.#version = version
    this.#flexible = flexible
    this.#random = options.random
    this.#vocabulary = options.vocabulary
    this.#records = options.records
    this.#faultRate = options.faultRate
  }

  struct(shape: Shape, path: string): void {
    const tagged: [string, AnyField][] = []
    for (const [name, field] of Object.entries(shape)) {
      const { since = 0, until = Number.POSITIVE_INFINITY, tag } = field.options
      if (this.#version < since || this.#version > until) continue
      if (tag === undefined) this.#field(name, field, path)
      else if (this.#flexible) tagged.push([name, field])
    }
    if (this.#flexible) this.#tags(tagged, path)
  }

  #field(name: string, field: AnyField, path: string): void {
    const mayBeNull = field.nullable && this.#version >= (field.options.nullSince ?? 0)
    const isNull = (mayBeNull && this.#random.chance(0.15)) || (!mayBeNull && this.#lies())
    switch (field.kind) {
      case 'string':
        this.#bytes(isNull ? null : this.#text(name, path), 2)
        break
      case 'bytes':
        this.#bytes(isNull ? null : this.#random.bytes(this.#random.below(40)), 4)
        break
      case 'records':
        this.#bytes(isNull ? null : this.#records(this.#random.fork()), 4)
        break
      case 'array':
        this.#array(name, field.element!, path, isNull)
        break
      case 'struct':
        if (mayBeNull) this.#out.int8(isNull ? -1 : this.#lies() ? this.#random.between(-128, 127) : 1)
        if (!isNull || !mayBeNull) this.struct(field.shape!, `${path}.${name}`)
        break
      default:
        this.#fixed(name, field, path)
    }
  }

  #fixed(name: string, field: AnyField, path: string): void {
    const out = this.#out
    const number = () => this.#vocabulary.number(name, field.kind, this.#random)
    switch (field.kind) {
      case 'boolean':
        out.int8(this.#lies() ? this.#random.between(-128, 127) : this.#random.below(2))
        break
      case 'int8':
        out.int8(number())
        break
      case 'int16':
        out.int16(number())
        break
      case 'uint16':
        out.uint16(number())
        break
      case 'int32':
        out.int32(number())
        break
      case 'uint32':
        out.uint32(number())
        break
      case 'int64':
        out.int64(number())
        break
      case 'float64':
        out.float64(this.#random.pick([0, 1, -1, 0.5, 1e300, Number.NaN, Number.POSITIVE_INFINITY]))
        break
      case 'uuid':
        this.#out.raw(this.#vocabulary.uuid(path, this.#random))
        break
      default:
        throw new Error(`${field.kind} has no fixed size`)
    }
  }

  #text(name: string, path: string): Buffer {
    if (this.#lies()) return this.#random.bytes(this.#random.below(12))
    return Buffer.from(this.#vocabulary.text(name, path, this.#random))
  }

  /** A length, of `lengthBytes` where it is not compact, and the bytes. */
  #bytes(bytes: Buffer | null, lengthBytes: 2 | 4): void {
    this.#length(bytes === null ? -1 : bytes.length, lengthBytes)
    if (bytes !== null) this.#out.raw(bytes)
  }

  #array(name: string, element: AnyField, path: string, isNull: boolean): void {
    const count = isNull ? -1 : this.#random.pick(ELEMENTS)
    this.#length(count, 4)
    for (let at = 0; at < count; at += 1) this.#field(name, element, `${path}.${name}`)
  }

  /** A length or count, -1 for null; perhaps not the truth. */
  #length(truth: number, lengthBytes: 2 | 4): void {
    const random = this.#random
    const lies = this.#lies()
    const length = lies ? random.pick([truth + 1, truth - 1, 0, -1, -2, 0x7fff, 0x7fffffff, random.below(1000)]) : truth
    if (!this.#flexible) {
      if (lengthBytes === 2) this.#out.int16((length << 16) >> 16)
      else this.#out.int32(length)
    } else if (lies && random.chance(0.3)) {
      this.#out.raw(oddVarint((length + 1) >>> 0, random))
    } else {
      this.#out.unsignedVarint((length + 1) >>> 0)
    }
  }

  /** Tagged fields, now and then with some that nobody knows. Where it may lie: sizes, numbers, order. */
  #tags(known: readonly (readonly [string, AnyField])[], path: string): void {
    const random = this.#random
    const sections: { tag: number; bytes: Buffer }[] = []
    for (const [name, field] of known) {
      if (random.chance(0.5)) continue
      const inner = new RequestWriter(new Writer(64), this.#version, true, {
        random,
        vocabulary: this.#vocabulary,
        records: this.#records,
        faultRate: this.#faultRate,
      })
      inner.#field(name, field, path)
      const { buffer, length } = inner.#out
      sections.push({ tag: field.options.tag!, bytes: Buffer.from(buffer.subarray(0, length)) })
    }
    if (random.chance(0.05))
      sections.push({ tag: random.between(100, 10_000), bytes: random.bytes(random.below(TAG_DATA_BYTES_MAX)) })
    if (this.#lies()) sections.push({ tag: random.below(5), bytes: random.bytes(random.below(TAG_DATA_BYTES_MAX)) })
    else sections.sort((a, b) => a.tag - b.tag)
    this.#out.unsignedVarint(
      this.#lies() ? random.pick([sections.length + 1, 0x7fffffff, 0xffffffff]) : sections.length,
    )
    for (const { tag, bytes } of sections) {
      this.#out.unsignedVarint(tag)
      this.#out.unsignedVarint(this.#lies() ? random.pick([bytes.length + 1, 0, 0x7fffffff, 0xffffffff]) : bytes.length)
      this.#out.raw(bytes)
    }
  }

  #lies(): boolean {
    return this.#faultRate > 0 && this.#random.chance(this.#faultRate)
  }
}

/** A varint that is longer than it needs to be, or does not end. */
function oddVarint(value: number, random: Random): Buffer {
  if (random.chance(0.3)) return Buffer.alloc(random.between(5, 12), 0xff)
  const bytes: number[] = []
  for (let rest = value; bytes.length < 4; rest = Math.floor(rest / 128)) bytes.push((rest & 0x7f) | 0x80)
  return Buffer.from([...bytes, random.chance(0.5) ? 0 : random.below(128)])
}
