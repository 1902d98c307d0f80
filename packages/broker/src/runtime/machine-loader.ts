import { BatchCursor, ProtocolError, RecordCursor, sliceOf } from '@odradek/protocol'
import type { Machine, RecordCodec } from './machine.ts'
import type { MachinePartition } from './machine-partition.ts'

/** Replays a partition into a machine, chunk by chunk, so that whoever drives it can let others run in between. */
export class MachineLoader<R> {
  readonly #machine: Machine<R>
  readonly #partition: MachinePartition
  readonly #codec: RecordCodec<R>
  readonly #chunkBytes: number
  readonly #records = new RecordCursor()
  /** Where to go on. */
  offset: number
  /** Records replayed, and those passed over because they could not be read or are of an unknown kind. */
  replayed = 0
  skipped = 0

  constructor(machine: Machine<R>, partition: MachinePartition, codec: RecordCodec<R>, chunkBytes: number) {
    this.#machine = machine
    this.#partition = partition
    this.#codec = codec
    this.#chunkBytes = chunkBytes
    this.offset = partition.startOffset
  }

  /**
   * True when all of the log has been replayed. It goes to the log's end, not to the high watermark: what a leader has
   * in its log will be committed or lost with its leadership, and answers wait for the high watermark anyway.
   */
  get isDone(): boolean {
    return this.offset >= this.#partition.endOffset
  }

  /** Replays the next chunk. Throws on I/O failures and damaged batches. */
  step(): void {
    const bytes = this.#partition.readForReplay(this.offset, this.#chunkBytes)
    const chunk = sliceOf(bytes)
    const batches = new BatchCursor(chunk)
    const before = this.offset
    while (batches.next()) {
      // Control batches end transactions; group state is not written in any yet.
      if (!batches.header.isControl) this.#replayBatch(bytes, chunk.view, batches.start, batches.end)
      this.offset = Math.max(this.offset, batches.header.nextOffset)
    }
    this.#records.release()
    if (this.offset === before) this.offset = this.#partition.endOffset // all from here on was compacted away
  }

  #replayBatch(bytes: Buffer, view: DataView, start: number, end: number): void {
    const records = this.#records
    records.openAt(bytes, view, start, end)
    while (records.next()) {
      if (records.offset < this.offset) continue
      const record = this.#decode(records)
      if (record === null) {
        this.skipped++
      } else {
        this.#machine.replay(record)
        this.replayed++
      }
    }
  }

  /** Null as well for malformed bytes: one strange record must not keep all the others from being loaded. */
  #decode(records: RecordCursor): R | null {
    if (records.keyStart < 0) return null
    const { buffer } = records
    const key = buffer.subarray(records.keyStart, records.keyEnd)
    const value = records.valueStart < 0 ? null : buffer.subarray(records.valueStart, records.valueEnd)
    try {
      return this.#codec.decode(key, value)
    } catch (error) {
      if (error instanceof ProtocolError) return null
      throw error
    }
  }
}
