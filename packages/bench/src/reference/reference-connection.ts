/**
 * One connection to the reference server. Produce frames are taken apart by hand where they lie, and all answers to what
 * one read brought go out as one write.
 */
import net from 'node:net'
import { ATTRIBUTES, CRC, crc32c, Fetch, Produce, Reader, viewOf } from '@odradek/protocol'
import { controlAnswer } from './control-answers.ts'
import { FetchSender } from './fetch-sender.ts'
import { FrameCutter } from './frame-cutter.ts'
import { ProduceAnswer } from './produce-answer.ts'
import type { ReferenceTopic } from './reference-topic.ts'

const output = Buffer.allocUnsafeSlow(64 * 1024)
const outputView = viewOf(output)
/** First version whose lengths are compact: older ones are not taken. */
const PRODUCE_VERSION_MIN = 9

const reader = new Reader()

/** Where the varint that was read last ends. */
let after = 0

export class ReferenceConnection {
  readonly #topic: ReferenceTopic
  readonly #port: number
  readonly #socket: net.Socket
  readonly #cutter: FrameCutter
  readonly #fetches: FetchSender
  #outputUsed = 0
  #answer: ProduceAnswer | null = null
  #answerFor = ''

  /** Takes over the handle of a socket that was accepted: there is no other way to choose where its input lands. */
  constructor(accepted: net.Socket, topic: ReferenceTopic, port: number) {
    this.#topic = topic
    this.#port = port
    this.#cutter = new FrameCutter((buffer, view, start, end) => this.#serve(buffer, view, start, end))
    const owner = accepted as unknown as { _handle: unknown }
    const handle = owner._handle
    owner._handle = null
    const onread = { buffer: () => this.#cutter.room(), callback: (length: number) => this.#received(length) }
    this.#socket = new net.Socket({ handle, onread } as unknown as net.SocketConstructorOpts)
    this.#socket.on('error', () => this.#socket.destroy())
    this.#socket.on('end', () => this.#socket.end())
    this.#fetches = new FetchSender(this.#socket, handle as { readonly fd: number; readonly writeQueueSize: number })
    this.#socket.resume()
  }

  #received(length: number): boolean {
    try {
      this.#cutter.received(length)
      this.#topic.write()
      this.#flush()
    } catch (error) {
      process.stderr.write(`${(error as Error).stack}\n`)
      this.#socket.destroy()
    }
    return true
  }

  #serve(buffer: Buffer, view: DataView, start: number, end: number): void {
    const key = view.getInt16(start)
    const version = view.getInt16(start + 2)
    const correlationId = view.getInt32(start + 4)
    const bodyAt = start + 10 + Math.max(0, view.getInt16(start + 8))
    if (key === Produce.key && version >= PRODUCE_VERSION_MIN) {
      this.#produce(buffer, view, bodyAt, version, correlationId)
      return
    }
    if (key === Fetch.key && Fetch.request.isFlexible(version)) {
      const request = Fetch.request.decode(reader.reset(buffer, view, bodyAt + 1, end), version)
      this.#fetches.send(this.#topic, version, correlationId, request)
      return
    }
    this.#flush()
    // What the generator asks besides has no tags in its header.
    reader.reset(buffer, view, bodyAt, end)
    this.#socket.write(controlAnswer(this.#topic, this.#port, key, version, correlationId, reader))
  }

  /** Tags, transactional id, acks, timeout, one topic, one partition, its batch. */
  #produce(buffer: Buffer, view: DataView, bodyAt: number, version: number, correlationId: number): void {
    const idLength = varint(buffer, bodyAt + 1)
    varint(buffer, after + Math.max(0, idLength - 1) + 6)
    const nameBytes = varint(buffer, after) - 1
    varint(buffer, after + nameBytes)
    const index = view.getInt32(after)
    const length = varint(buffer, after + 4) - 1
    const start = after
    const end = start + length
    if (crc32c(buffer, start + ATTRIBUTES, end) !== view.getUint32(start + CRC)) {
      throw new Error('A batch with a wrong CRC')
    }
    const baseOffset = this.#topic.partitions[index]!.append({ buffer, view, start, end })
    if (this.#answer === null || this.#answerFor !== this.#topic.name) {
      this.#answer = new ProduceAnswer(this.#topic.name, version)
      this.#answerFor = this.#topic.name
    }
    const { bytes } = this.#answer
    if (this.#outputUsed + bytes.length > output.length) {
      this.#topic.write()
      this.#flush()
    }
    this.#answer.write(output, outputView, this.#outputUsed, correlationId, index, baseOffset)
    this.#outputUsed += bytes.length
  }

  #flush(): void {
    if (this.#outputUsed === 0) return
    const used = this.#outputUsed
    this.#outputUsed = 0
    const answers = Buffer.from(output.subarray(0, used))
    const { sync } = this.#topic
    if (sync === null) this.#socket.write(answers)
    else sync.whenDurable(() => this.#socket.write(answers))
  }
}

function varint(buffer: Buffer, position: number): number {
  let at = position
  let value = 0
  for (let shift = 0; ; shift += 7) {
    const byte = buffer[at++]!
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) break
  }
  after = at
  return value
}
