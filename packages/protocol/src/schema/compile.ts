import type { Reader } from '../bytes/reader.ts'
import type { Writer } from '../bytes/writer.ts'
import type { Decoded, Encodable, Shape } from './fields.ts'
import type { Message } from './message.ts'
export declare function compileDecoder<S extends Shape>(message: Message<S>, version: number): (reader: Reader) => Decoded<S>
export declare function compileEncoder<S extends Shape>(message: Message<S>, version: number): (writer: Writer, value: Encodable<S>) => void
