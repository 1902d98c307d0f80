/** A message (a table of fields over a range of versions) and an API (a key with a request and a response). */
import type { Reader } from '../bytes/reader.ts'
import type { Writer } from '../bytes/writer.ts'
import { compileDecoder, compileEncoder } from './compile.ts'
import type { Decoded, Encodable, Shape } from './fields.ts'

export interface MessageTable<S extends Shape> {
  readonly name: string
  /** First and last version. */
  readonly versions: readonly [first: number, last: number]
  /** First flexible version (compact lengths, tagged fields), or null if none is. */
  readonly flexible: number | null
  readonly fields: S
}

/** The type of a method, whose parameters are bivariant: so a `Message` of any shape is a `Message<Shape>`. */
type Encoder<S extends Shape> = { encode(writer: Writer, value: Encodable<S>): void }['encode']

/** A message with its codec, compiled per version at first use. */
export class Message<S extends Shape> {
  readonly name: string
  readonly versions: readonly [first: number, last: number]
  readonly flexible: number | null
  readonly fields: S
  readonly #decoders: ((reader: Reader) => Decoded<S>)[] = []
  readonly #encoders: Encoder<S>[] = []

  constructor(table: MessageTable<S>) {
    this.name = table.name
    this.versions = table.versions
    this.flexible = table.flexible
    this.fields = table.fields
  }

  /** Reads one message of `version`; throws `ProtocolError` where the bytes are short or lie. */
  decode(reader: Reader, version: number): Decoded<S> {
    const decoder = this.#decoders[version] ?? this.#compile(version, this.#decoders, compileDecoder)
    return decoder(reader)
  }

  /** Writes one message of `version`. */
  encode(writer: Writer, value: Encodable<S>, version: number): void {
    const encoder = this.#encoders[version] ?? this.#compile(version, this.#encoders, compileEncoder)
    encoder(writer, value)
  }

  /** Whether `version` uses compact lengths and tagged fields. */
  isFlexible(version: number): boolean {
    return this.flexible !== null && version >= this.flexible
  }

  #compile<F>(version: number, into: F[], compiler: (message: Message<S>, version: number) => F): F {
    if (version < this.versions[0] || version > this.versions[1]) {
      throw new RangeError(`${this.name} has versions ${this.versions[0]} to ${this.versions[1]}, not ${version}`)
    }
    const compiled = compiler(this, version)
    into[version] = compiled
    return compiled
  }
}

export interface ApiTable<Q extends Shape, A extends Shape> {
  /** The API key on the wire. */
  readonly key: number
  readonly name: string
  /** First and last version that is served and advertised. */
  readonly versions: readonly [first: number, last: number]
  /** First flexible version, or null if none is. */
  readonly flexible: number | null
  readonly request: Q
  readonly response: A
  /** First version that is advertised, where it is lower than what is served (Produce: librdkafka reads features from it). */
  readonly advertisedFrom?: number
}

export interface Api<Q extends Shape = Shape, A extends Shape = Shape> {
  readonly key: number
  readonly name: string
  readonly versions: readonly [first: number, last: number]
  readonly advertisedFrom: number
  readonly request: Message<Q>
  readonly response: Message<A>
}

/** Declares an API. Nothing is compiled until a version is first used. */
export function api<const Q extends Shape, const A extends Shape>(table: ApiTable<Q, A>): Api<Q, A> {
  const { key, name, versions, flexible } = table
  return {
    key,
    name,
    versions,
    advertisedFrom: table.advertisedFrom ?? versions[0],
    request: new Message({ name: `${name}Request`, versions, flexible, fields: table.request }),
    response: new Message({ name: `${name}Response`, versions, flexible, fields: table.response }),
  }
}

/** Declares a message that is not an API: headers, records of internal topics, embedded protocols. */
export function message<const S extends Shape>(table: MessageTable<S>): Message<S> {
  return new Message(table)
}

/** The decoded request of an API. */
export type RequestOf<A> = A extends Api<infer Q, infer _> ? Decoded<Q> : never
/** What a response of an API is encoded from. */
export type ResponseOf<A> = A extends Api<infer _, infer R> ? Encodable<R> : never
/** What a request of an API is encoded from (clients, tests). */
export type RequestInput<A> = A extends Api<infer Q, infer _> ? Encodable<Q> : never
/** A decoded response (clients, tests). */
export type ResponseOutput<A> = A extends Api<infer _, infer R> ? Decoded<R> : never
/** A decoded message. */
export type MessageOf<M> = M extends Message<infer S> ? Decoded<S> : never
