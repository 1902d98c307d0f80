/**
 * Bytes that carry their own version: an int16, then the message in that version. Kafka writes what it stores in
 * internal topics and what group members tell each other this way.
 */
import { ProtocolError } from '../bytes/protocol-error.ts'
import { Reader } from '../bytes/reader.ts'
import { Writer } from '../bytes/writer.ts'
import type { Decoded, Encodable, Shape } from '../schema/fields.ts'
import type { Message } from '../schema/message.ts'

const scratch = new Writer(1024)

/** The version and the message, in a buffer of its own. */
export function encodeVersioned<S extends Shape>(message: Message<S>, value: Encodable<S>, version: number): Buffer {
  scratch.reset()
  scratch.int16(version)
  message.encode(scratch, value, version)
  return Buffer.from(scratch.buffer.subarray(0, scratch.length))
}

/** Reads the version and the message; a `ProtocolError` for malformed bytes and for a version `message` does not have. */
export function decodeVersioned<S extends Shape>(message: Message<S>, bytes: Buffer): Decoded<S> {
  const reader = new Reader(bytes)
  const version = reader.int16()
  const [first, last] = message.versions
  if (version < first || version > last) {
    throw new ProtocolError(`${message.name} has versions ${first} to ${last}, not ${version}`, 0)
  }
  return message.decode(reader, version)
}
