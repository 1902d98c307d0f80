import { Produce, setInt64, Writer, writeResponseHeader } from '@odradek/protocol'

/** The answer to a Produce request about one partition, encoded once per topic; only four numbers differ afterwards. */
export class ProduceAnswer {
  readonly bytes: Buffer
  readonly #partitionAt: number

  constructor(topic: string, version: number) {
    const writer = new Writer()
    writer.int32(0)
    writeResponseHeader(writer, 0, true)
    const partitionResponses = [{ index: 0, errorCode: 0, baseOffset: 0, logStartOffset: 0 }]
    Produce.response.encode(writer, { responses: [{ name: topic, partitionResponses }] }, version)
    writer.patchInt32(0, writer.length - 4)
    this.bytes = Buffer.from(writer.buffer.subarray(0, writer.length))
    this.#partitionAt = 4 + 4 + 1 + 1 + 1 + Buffer.byteLength(topic) + 1
  }

  /** Writes one answer into `view` at `at`. */
  write(
    output: Buffer,
    view: DataView,
    at: number,
    correlationId: number,
    partition: number,
    baseOffset: number,
  ): void {
    this.bytes.copy(output, at)
    view.setInt32(at + 4, correlationId)
    view.setInt32(at + this.#partitionAt, partition)
    setInt64(view, at + this.#partitionAt + 6, baseOffset)
  }
}
