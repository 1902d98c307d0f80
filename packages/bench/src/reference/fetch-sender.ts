/**
 * Sends the answers to Fetch requests of one connection, one after the other. Records go from the page cache to the socket
 * by sendfile where the addon is and there are 64 KiB of them; else they are read behind the answer's head, for one write.
 *
 * sendfile cannot wait. Where the socket is full, the next 64 KiB are written through the event loop, which tells when
 * they have left.
 */
import fs from 'node:fs'
import type { Socket } from 'node:net'
import { native } from '@odradek/native'
import { Fetch, type FetchRequest, Writer, writeResponseHeader } from '@odradek/protocol'
import type { PartitionFile } from './partition-file.ts'
import type { ReferenceTopic } from './reference-topic.ts'

const SENDFILE_BYTES_MIN = 64 * 1024
const COPIED_BYTES = 64 * 1024

interface Handle {
  readonly fd: number
  readonly writeQueueSize: number
}

interface Answer {
  readonly head: Buffer
  readonly tail: Buffer
  readonly file: PartitionFile
  readonly position: number
  readonly length: number
}

export class FetchSender {
  readonly #socket: Socket
  readonly #handle: Handle
  readonly #waiting: Answer[] = []
  readonly #writer = new Writer()
  #busy = false
  #body: Buffer | null = null

  constructor(socket: Socket, handle: Handle) {
    this.#socket = socket
    this.#handle = handle
  }

  /** Answers what one partition holds from the asked offset on; the request names one partition. */
  send(topic: ReferenceTopic, version: number, correlationId: number, request: FetchRequest): void {
    const asked = request.topics[0]!.partitions[0]!
    const file = topic.partitions[asked.partition]!
    const position = file.positionOf(asked.fetchOffset)
    const length = Math.max(0, Math.min(file.wholeBatches(asked.partitionMaxBytes), file.sizeInBytes - position))
    const writer = this.#writer
    writer.reset()
    writer.int32(0)
    writeResponseHeader(writer, correlationId, true)
    const partition = {
      partitionIndex: asked.partition,
      errorCode: 0,
      highWatermark: file.endOffset,
      lastStableOffset: file.endOffset,
      logStartOffset: 0,
      records: { file, position, length },
    }
    Fetch.response.encode(writer, { responses: [{ topic: topic.name, partitions: [partition] }] }, version)
    writer.patchInt32(0, writer.totalLength - 4)
    const bodyAt = writer.inserts[0]?.at ?? writer.length
    const head = Buffer.from(writer.buffer.subarray(0, bodyAt))
    const tail = Buffer.from(writer.buffer.subarray(bodyAt, writer.length))
    this.#waiting.push({ head, tail, file, position, length })
    this.#next()
  }

  #next(): void {
    if (this.#busy) return
    const answer = this.#waiting.shift()
    if (answer === undefined) return
    this.#busy = true
    if (native === null || answer.length < SENDFILE_BYTES_MIN) this.#copy(answer)
    else {
      this.#socket.write(answer.head)
      this.#sendFile(answer, answer.position)
    }
  }

  #copy({ head, tail, file, position, length }: Answer): void {
    const total = head.length + length + tail.length
    let body = this.#body
    if (body === null || body.length < total) body = Buffer.allocUnsafeSlow(total)
    this.#body = body
    head.copy(body, 0)
    fs.readSync(file.descriptor, body, head.length, length, position)
    tail.copy(body, head.length + length)
    this.#socket.write(body.subarray(0, total), () => this.#sent())
  }

  #sendFile(answer: Answer, from: number): void {
    const end = answer.position + answer.length
    let at = from
    while (at < end && this.#handle.writeQueueSize === 0) {
      const sent = native!.sendfile(this.#handle.fd, answer.file.descriptor, at, end - at)
      if (sent === -native!.errno.EAGAIN) break
      if (sent <= 0) {
        this.#socket.destroy(new Error(`sendfile: ${sent}`))
        return
      }
      at += sent
    }
    if (at === end) {
      this.#socket.write(answer.tail)
      setImmediate(() => this.#sent())
      return
    }
    this.#body ??= Buffer.allocUnsafeSlow(COPIED_BYTES)
    const count = fs.readSync(answer.file.descriptor, this.#body, 0, Math.min(COPIED_BYTES, end - at), at)
    this.#socket.write(this.#body.subarray(0, count), () => this.#sendFile(answer, at + count))
  }

  #sent(): void {
    this.#busy = false
    this.#next()
  }
}
