/**
 * A connection that fetches. An answer is read as far as its records begin; these are dropped: by the kernel where the
 * machine lets us ask for that (`recv` with MSG_TRUNC), else as they come.
 *
 * An answer about one partition has this shape, behind its length (Fetch version 12):
 *
 *     correlation id int32 · tags · throttle ms int32 · error int16 · session int32 · 1 topic (2) · name ·
 *     1 partition (2) · partition int32 · error int16 · high watermark int64 · last stable offset int64 ·
 *     log start int64 · aborted transactions (0 or 1) · preferred replica int32 · length of the records (varint) · records …
 *
 * and the records begin with the first batch's base offset.
 */
import type { Socket } from 'node:net'
import { Fetch, int64At } from '@odradek/protocol'
import { type Address, check, encodeRequest, FETCH_VERSION } from './control-client.ts'
import { dropReceived } from './drop-received.ts'
import { LoadError } from './load.ts'
import { descriptorOf, openLoadSocket } from './load-socket.ts'
import { CORRELATION_ID } from './produce-frames.ts'
import type { Run } from './run.ts'
import type { Window } from './window.ts'

export interface FetchWalk {
  readonly topic: string
  readonly partitions: readonly number[]
  readonly depth: number
  readonly fetchBytes: number
  /** Records that one answer holds. */
  readonly step: number
  /** Offset of each partition's end. */
  readonly end: number
}

export class FetchConnection {
  readonly #walk: FetchWalk
  readonly #window: Window
  readonly #run: Run
  readonly #frame: Buffer
  readonly #view: DataView
  readonly #partitionAt: number
  readonly #offsetAt: number
  readonly #headBytes: number
  readonly #head: Buffer
  readonly #headView: DataView
  #headLength = 0
  /** Bytes of the answer that are still to come and to be dropped. */
  #left = 0
  #records = 0
  readonly #issuedAt: Float64Array
  readonly #offsets: Float64Array
  #issued = 0
  #answered = 0
  #socket: Socket | null = null
  #descriptor: number | null = null

  constructor(walk: FetchWalk, window: Window, run: Run) {
    this.#walk = walk
    this.#window = window
    this.#run = run
    const request = (partition: number, fetchOffset: number) =>
      encodeRequest(Fetch, FETCH_VERSION, 0, {
        maxWaitMs: 500,
        minBytes: 1,
        maxBytes: walk.fetchBytes,
        topics: [{ topic: walk.topic, partitions: [{ partition, fetchOffset, partitionMaxBytes: walk.fetchBytes }] }],
      })
    this.#frame = request(0, 0)
    this.#view = new DataView(this.#frame.buffer, this.#frame.byteOffset, this.#frame.byteLength)
    this.#partitionAt = firstDifference(this.#frame, request(0x0101_0101, 0))
    this.#offsetAt = firstDifference(this.#frame, request(0, 0x01_0101_0101_0101)) - 1
    // The longest length of records that a varint of five bytes can tell, and the base offset behind it.
    this.#headBytes = 4 + 4 + 1 + 4 + 2 + 4 + 1 + 1 + Buffer.byteLength(walk.topic) + 1 + 4 + 2 + 24 + 1 + 4 + 5 + 8
    this.#head = Buffer.allocUnsafeSlow(this.#headBytes)
    this.#headView = new DataView(this.#head.buffer)
    this.#issuedAt = new Float64Array(walk.depth)
    this.#offsets = new Float64Array(walk.depth)
  }

  async open(leader: Address): Promise<void> {
    this.#socket = await openLoadSocket(
      leader,
      (buffer, length) => this.#received(buffer, length),
      (error) => this.#run.fail(error),
    )
    this.#descriptor = descriptorOf(this.#socket)
  }

  close(): void {
    this.#run.closing = true
    this.#socket?.destroy()
  }

  get outstanding(): number {
    return this.#issued - this.#answered
  }

  start(): void {
    while (this.outstanding < this.#walk.depth) this.#issue()
  }

  #issue(): void {
    const { partitions, step, end, depth } = this.#walk
    const index = this.#issued++
    const turns = Math.max(1, Math.floor(end / step))
    const offset = (Math.floor(index / partitions.length) % turns) * step
    this.#view.setInt32(CORRELATION_ID, index)
    this.#view.setInt32(this.#partitionAt, partitions[index % partitions.length]!)
    this.#view.setInt32(this.#offsetAt, Math.floor(offset / 0x1_0000_0000))
    this.#view.setUint32(this.#offsetAt + 4, offset >>> 0)
    this.#issuedAt[index % depth] = performance.now()
    this.#offsets[index % depth] = offset
    // A copy: the frame is written to again before a slow server has taken this one.
    this.#socket!.write(Buffer.from(this.#frame))
  }

  #received(buffer: Buffer, length: number): void {
    for (let at = 0; at < length; ) {
      if (this.#left === 0) {
        const count = Math.min(this.#headBytes - this.#headLength, length - at)
        buffer.copy(this.#head, this.#headLength, at, at + count)
        this.#headLength += count
        at += count
        if (this.#headLength === this.#headBytes) this.#readHead()
      } else {
        const count = Math.min(this.#left, length - at)
        at += count
        this.#dropped(count)
      }
    }
    while (this.#left > 0 && this.#descriptor !== null) {
      const count = dropReceived(this.#descriptor, this.#left)
      if (count <= 0) return
      this.#dropped(count)
    }
  }

  #readHead(): void {
    this.#headLength = 0
    const view = this.#headView
    const { topic, partitions, depth } = this.#walk
    const correlationId = view.getInt32(4)
    if (correlationId !== this.#answered) {
      throw new LoadError(
        `Answer ${correlationId} came where ${this.#answered} was due: an answer was lost or is out of order`,
      )
    }
    check('Fetch', view.getInt16(13))
    let at = 4 + 4 + 1 + 4 + 2 + 4 + 1 + 1 + Buffer.byteLength(topic) + 1
    const partition = view.getInt32(at)
    check(`Fetch ${topic}-${partition}`, view.getInt16(at + 4))
    const asked = partitions[correlationId % partitions.length]
    if (partition !== asked) throw new LoadError(`An answer for partition ${partition} came where ${asked} was due`)
    at += 6 + 24
    if (view.getUint8(at) > 1) throw new LoadError('A Fetch answer with aborted transactions')
    at += 5
    let recordsLength = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = view.getUint8(at++)
      recordsLength += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) break
    }
    if (recordsLength < 2) throw new LoadError(`Fetch ${topic}-${partition}: an empty answer before the end of the log`)
    const baseOffset = int64At(view, at)
    const offset = this.#offsets[correlationId % depth]!
    if (baseOffset !== offset) {
      throw new LoadError(`Fetch ${topic}-${partition}: the first batch has offset ${baseOffset}, not ${offset}`)
    }
    this.#records = recordsLength - 1
    this.#left = 4 + view.getInt32(0) - this.#headBytes
    if (this.#left < this.#records - 13) throw new LoadError('A Fetch answer is shorter than its records')
  }

  #dropped(count: number): void {
    this.#left -= count
    if (this.#left > 0) return
    const slot = this.#answered % this.#walk.depth
    this.#window.count(performance.now() - this.#issuedAt[slot]!, this.#records)
    this.#answered += 1
    if (this.#run.issuing) this.#issue()
  }
}

function firstDifference(one: Uint8Array, other: Uint8Array): number {
  return one.findIndex((byte, at) => byte !== other[at])
}
