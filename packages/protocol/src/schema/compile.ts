/**
 * Turns a message and a version into two functions, made as source text so that the engine sees straight code: loops
 * nested in place, neighbouring fields of fixed size under one bounds check, and every struct a literal with all fields
 * of the table in its order, so that one hidden class serves all versions.
 *
 * For `{ groupId: string(), topics: array({ name: string(), partition: int32(), epoch: int32({ since: 6 }) }) }` at a
 * flexible version 5 they read, with the names made plain:
 *
 *     function decode(r) {                              function encode(w, value) {
 *       try {                                             const groupId = value.groupId
 *         const v = r.view                                if (typeof groupId !== 'string') throw wrong('X.groupId', …)
 *         let p = 0                                       w.compactString(groupId)
 *         const groupId = r.compactString()               const topics = value.topics
 *         const count = r.compactArrayCount(6)            if (typeof topics !== 'object' || …) throw wrong(…)
 *         const topics = count <= 1024                    w.unsignedVarint(topics.length + 1)
 *           ? new Array(count) : []                       for (let i = 0; i < topics.length; i++) {
 *         for (let i = 0; i < count; i++) {                 const topic = topics[i]
 *           const name = r.compactString()                  w.compactString(topic.name)
 *           p = r.take(4)                                   p = w.claim(4)
 *           const partition = v.getInt32(p)                 v = w.view
 *           r.skipTags()                                    v.setInt32(p, topic.partition)
 *           topics[i] = { name, partition, epoch: 0 }       w.unsignedVarint(0)
 *         }                                               }
 *         r.skipTags()                                    w.unsignedVarint(0)
 *         return { groupId, topics }                    }
 *       } catch (error) { throw locate(error, 'X v5') }
 *     }
 */
import { locate } from '../bytes/protocol-error.ts'
import { int64At, type Reader, uuidAt, ZERO_UUID } from '../bytes/reader.ts'
import { setInt64, setUuid, type Writer } from '../bytes/writer.ts'
import { decoderSource } from './decoder-source.ts'
import { encoderSource } from './encoder-source.ts'
import type { Decoded, Encodable, Shape } from './fields.ts'
import type { Message } from './message.ts'
import type { Layout } from './wire-layout.ts'

const EMPTY = Buffer.alloc(0)

/** A function that reads a message of `version`; it throws `ProtocolError` and leaves bytes after the message unread. */
export function compileDecoder<S extends Shape>(message: Message<S>, version: number): (reader: Reader) => Decoded<S> {
  return build(decoderSource(message.fields, layoutOf(message, version)), { EMPTY, ZERO_UUID, int64At, uuidAt, locate })
}

/**
 * A function that writes a message of `version`. A value of the wrong type (null where the version has no null, a
 * missing field that has no default) is a TypeError naming the field.
 */
export function compileEncoder<S extends Shape>(
  message: Message<S>,
  version: number,
): (writer: Writer, value: Encodable<S>) => void {
  return build(encoderSource(message.fields, layoutOf(message, version)), {
    EMPTY,
    ZERO_UUID,
    setInt64,
    setUuid,
    wrong,
  })
}

function layoutOf<S extends Shape>(message: Message<S>, version: number): Layout {
  return { message: message.name, version, flexible: message.isFlexible(version) }
}

function build<F>(source: string, scope: Record<string, unknown>): F {
  return new Function(...Object.keys(scope), source)(...Object.values(scope)) as F
}

function wrong(path: string, version: number, value: unknown): TypeError {
  const what = value === null || value === undefined ? String(value) : `a ${typeof value}`
  return new TypeError(`${path} cannot be ${what} in version ${version}`)
}
