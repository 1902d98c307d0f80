/**
 * Reads the Produce answers of one connection where they lie. They must come in the order of the requests, name the
 * right partition, tell no error, and give base offsets that rise: anything else ends the run with a LoadError.
 *
 * An answer to one partition has this shape, behind its length (flexible versions):
 *
 *     correlation id int32 · tags · 1 topic (2) · name · 1 partition (2) · partition int32 · error int16 · base offset int64 · …
 */
import { int64At } from '@odradek/protocol'
import { check, PRODUCE_VERSION } from './control-client.ts'
import { LoadError } from './load.ts'

const LENGTH_BYTES = 4
const ANSWER_BYTES_MAX = 64 * 1024

export interface AnsweredRequest {
  /** The request `correlationId`, to `partition`, was appended at `baseOffset`. Called in order. */
  answered(correlationId: number, partition: number, baseOffset: number): void
  /** The partition that request went to. */
  partitionOf(correlationId: number): number
}

export class ProduceAnswers {
  readonly #topic: string
  readonly #partitionAt: number
  readonly #requests: AnsweredRequest
  readonly #lastOffsets = new Map<number, number>()
  #next = 0
  #sent = 0
  #rest: Buffer = Buffer.alloc(0)

  constructor(topic: string, requests: AnsweredRequest) {
    this.#topic = topic
    this.#requests = requests
    const nameBytes = Buffer.byteLength(topic)
    if (nameBytes > 126) throw new RangeError(`The topic's name has ${nameBytes} bytes; 126 are allowed here`)
    this.#partitionAt = LENGTH_BYTES + 4 + 1 + 1 + 1 + nameBytes + 1
  }

  /** Answers so far. */
  get count(): number {
    return this.#next
  }

  /** One more request has been sent. */
  expectOne(): void {
    this.#sent += 1
  }

  /** Takes what has arrived in `chunk[0, length)`, which is only borrowed. */
  push(chunk: Buffer, length: number): void {
    let buffer = chunk
    let end = length
    if (this.#rest.length > 0) {
      buffer = Buffer.concat([this.#rest, chunk.subarray(0, length)])
      end = buffer.length
    }
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    let at = 0
    while (end - at >= LENGTH_BYTES) {
      const frameEnd = at + LENGTH_BYTES + view.getInt32(at)
      if (frameEnd - at > ANSWER_BYTES_MAX || frameEnd <= at)
        throw new LoadError(`A Produce answer of ${frameEnd - at} bytes`)
      if (frameEnd > end) break
      this.#answer(view, at, frameEnd)
      at = frameEnd
    }
    this.#rest = at < end ? Buffer.from(buffer.subarray(at, end)) : EMPTY
  }

  #answer(view: DataView, at: number, end: number): void {
    const expected = this.#next
    if (expected === this.#sent) throw new LoadError('A Produce answer came that nobody asked for')
    const correlationId = view.getInt32(at + LENGTH_BYTES)
    if (correlationId !== expected) {
      throw new LoadError(
        `Answer ${correlationId} came where ${expected} was due: an acknowledgement was lost or is out of order`,
      )
    }
    const fields = at + this.#partitionAt
    if (end < fields + 14)
      throw new LoadError(`A Produce answer (version ${PRODUCE_VERSION}) of ${end - at} bytes is too short`)
    const partition = view.getInt32(fields)
    check(`Produce ${this.#topic}-${partition}`, view.getInt16(fields + 4))
    const asked = this.#requests.partitionOf(correlationId)
    if (partition !== asked) throw new LoadError(`An answer for partition ${partition} came where ${asked} was due`)
    const baseOffset = int64At(view, fields + 6)
    const last = this.#lastOffsets.get(partition) ?? -1
    if (!(baseOffset > last)) {
      throw new LoadError(
        `${this.#topic}-${partition}: base offset ${baseOffset} was acknowledged after ${last} on one connection`,
      )
    }
    this.#lastOffsets.set(partition, baseOffset)
    this.#next += 1
    this.#requests.answered(correlationId, partition, baseOffset)
  }
}

const EMPTY = Buffer.alloc(0)
