/**
 * What an intake machine knows, in a file beside the intake log, so that a start need not read the bodies of what waits.
 * The log says everything; the file can be missing, cut or stale at any time, and is only trusted as far as it is whole
 * and belongs to this log.
 *
 *   block    int32 bytes that follow, uint32 CRC-32C of them, then
 *            float64 processed  records of clients below are known
 *            float64 noted      notes below are known: committed when the block was written
 *            int32 epoch        of the log's last batch then
 *            int32 text bytes, JSON of the intents in flight
 *            int32 count, float64 a × count, float64 b × count, uint8 kind × count
 *
 *   kinds    0 waits (offset, due)   1 waits as a dead letter (offset, due)   2 is gone (offset)   3 was moved (offset, place)
 *
 * Blocks follow one another; the machine is what all their entries say together. When most of the file says what is over,
 * it is written anew.
 */
import { crc32c, type Slice, sliceOf } from '@odradek/protocol'
import type { Disk, DiskFile } from '../host/disk.ts'
import type { Log } from '../storage/log.ts'
import type { IntakeChanges } from './intake-changes.ts'
import { DEAD, type IntentNote, type Lane } from './intake-note.ts'

const FILE_NAME = 'intake.index'
const PREFIX_BYTES = 8
const HEAD_BYTES = 28
const ENTRY_BYTES = 17
/** Entries of a block, at most. */
const BLOCK_ENTRIES = 4_096
/** Room for so many is made first. */
const LEAST_ENTRIES = 64
const NO_NUMBERS = new Float64Array(0)
const NO_KINDS = new Uint8Array(0)
/** The file is written anew when it is so many times what would do, and has more than this beside. */
const WASTE_FACTOR = 3
const WASTE_BYTES = 16 * 1024 * 1024

const WAITS = 0
const GONE = 2
const MOVED = 3

/** Up to where a machine is complete. */
export interface IndexPosition {
  readonly processed: number
  readonly noted: number
}

/** What takes over the entries of a file, in their order. */
export interface IndexReader {
  waits(offset: number, due: number, lane: Lane): void
  gone(offset: number): void
  moved(offset: number, location: number): void
  /** Called last: the intents in flight where the file ends. */
  flights(intents: readonly IntentNote[]): void
}

/** Everything that a machine would have to be told. */
export interface IndexSource {
  readonly waitingCount: number
  dump(changes: IntakeChanges): void
}

export class IntakeIndex implements IntakeChanges {
  readonly #disk: Disk
  readonly #log: Log
  /** Room for pending entries, at most a block; none while nothing is pending: most intakes are idle. */
  #a = NO_NUMBERS
  #b = NO_NUMBERS
  #kinds = NO_KINDS
  /** Entries that did not fit while nothing may be written. */
  #spilled: { a: number; b: number; kind: number }[] = []
  #count = 0
  #file: DiskFile | null = null
  #size = 0
  #isReading = false

  constructor(disk: Disk, log: Log) {
    this.#disk = disk
    this.#log = log
  }

  /** Entries that are not in the file yet. */
  get pending(): number {
    return this.#count + this.#spilled.length
  }

  waits(offset: number, due: number, lane: Lane): void {
    this.#add(offset, due, lane === DEAD ? 1 : WAITS)
  }

  gone(offset: number): void {
    this.#add(offset, 0, GONE)
  }

  moved(offset: number, location: number): void {
    this.#add(offset, location, MOVED)
  }

  /**
   * Gives `reader` what the file says, as far as that is whole and of this log, and cuts off the rest for good. Returns up
   * to where it reaches, null where there is nothing.
   */
  read(reader: IndexReader): IndexPosition | null {
    const path = `${this.#log.directory}/${FILE_NAME}`
    if (!this.#disk.exists(path)) return null
    const file = this.#disk.open(path, 'write')
    this.#file = file
    const size = file.size()
    let position: IndexPosition | null = null
    let intents: readonly IntentNote[] = []
    let at = 0
    this.#isReading = true
    while (at < size) {
      const block = this.#readBlock(file, at, size)
      if (block === null) break
      position = { processed: block.processed, noted: block.noted }
      intents = block.intents
      for (let index = 0; index < block.count; index++)
        entryTo(reader, block.slice, block.entriesStart, block.count, index)
      at += PREFIX_BYTES + block.slice.end
    }
    this.#isReading = false
    if (at < size) {
      // What a longer history left there must not come back after a power failure.
      file.truncate(at)
      file.syncNow()
    }
    this.#size = at
    reader.flights(intents)
    return position
  }

  /** Whether what is pending is worth a write. */
  get isDue(): boolean {
    return this.pending >= BLOCK_ENTRIES
  }

  /** Writes what is pending; all of it is about what is committed. */
  write(position: IndexPosition, intents: readonly IntentNote[]): void {
    if (this.pending === 0) return
    this.#open()
    do {
      this.#size += this.#writeBlock(this.#file!, this.#size, position, intents)
    } while (this.#unspill())
    this.#a = NO_NUMBERS
    this.#b = NO_NUMBERS
    this.#kinds = NO_KINDS
  }

  /** Writes the file anew where most of it says what is over. */
  rewrite(source: IndexSource, position: IndexPosition, intents: readonly IntentNote[]): void {
    const needed = source.waitingCount * ENTRY_BYTES
    if (this.#size < needed * WASTE_FACTOR + WASTE_BYTES || this.pending > 0) return
    const path = `${this.#log.directory}/${FILE_NAME}`
    const size = this.#size
    this.#file?.close()
    try {
      this.#writeNew(path, source, position, intents)
    } catch (error) {
      // The old one is as good.
      this.#file?.close()
      this.#count = 0
      this.#spilled = []
      this.#disk.remove(`${path}.new`)
      this.#file = this.#disk.open(path, 'write')
      this.#size = size
      throw error
    }
    this.#file = this.#disk.open(path, 'write')
  }

  #writeNew(path: string, source: IndexSource, position: IndexPosition, intents: readonly IntentNote[]): void {
    this.#disk.remove(`${path}.new`)
    this.#file = this.#disk.open(`${path}.new`, 'create')
    this.#size = 0
    source.dump({
      waits: (offset, due, lane) => this.#dumped(position, intents, offset, due, lane === DEAD ? 1 : WAITS),
      moved: (offset, location) => this.#dumped(position, intents, offset, location, MOVED),
      gone: () => {},
    })
    this.write(position, intents)
    this.#file.close()
    this.#disk.rename(`${path}.new`, path)
  }

  close(): void {
    this.#file?.close()
    this.#file = null
  }

  #dumped(position: IndexPosition, intents: readonly IntentNote[], a: number, b: number, kind: number): void {
    if (this.#count === BLOCK_ENTRIES) this.#size += this.#writeBlock(this.#file!, this.#size, position, intents)
    this.#add(a, b, kind)
  }

  #add(a: number, b: number, kind: number): void {
    if (this.#isReading) return
    if (this.#count === BLOCK_ENTRIES) {
      this.#spilled.push({ a, b, kind })
      return
    }
    if (this.#count === this.#kinds.length) this.#grow()
    this.#a[this.#count] = a
    this.#b[this.#count] = b
    this.#kinds[this.#count] = kind
    this.#count++
  }

  #grow(): void {
    const length = Math.min(BLOCK_ENTRIES, Math.max(LEAST_ENTRIES, 4 * this.#kinds.length))
    this.#a = grown(this.#a, new Float64Array(length))
    this.#b = grown(this.#b, new Float64Array(length))
    this.#kinds = grown(this.#kinds, new Uint8Array(length))
  }

  /** Moves what was spilled to where the next block is written from. False where nothing is left. */
  #unspill(): boolean {
    const spilled = this.#spilled
    if (spilled.length === 0) return false
    const rest = spilled.splice(BLOCK_ENTRIES)
    this.#spilled = rest
    for (const { a, b, kind } of spilled) this.#add(a, b, kind)
    return true
  }

  #open(): void {
    if (this.#file !== null) return
    this.#file = this.#disk.open(`${this.#log.directory}/${FILE_NAME}`, 'create')
    this.#file.truncate(0)
    this.#size = 0
  }

  /** Returns the block's size. */
  #writeBlock(file: DiskFile, at: number, position: IndexPosition, intents: readonly IntentNote[]): number {
    const count = this.#count
    const text = Buffer.from(JSON.stringify(intents))
    const length = HEAD_BYTES + text.length + count * ENTRY_BYTES
    const { buffer, view } = sliceOf(Buffer.allocUnsafe(PREFIX_BYTES + length))
    view.setFloat64(PREFIX_BYTES, position.processed)
    view.setFloat64(PREFIX_BYTES + 8, position.noted)
    view.setInt32(PREFIX_BYTES + 16, this.#log.epochs.at(-1)?.epoch ?? -1)
    view.setInt32(PREFIX_BYTES + 20, text.length)
    view.setInt32(PREFIX_BYTES + 24, count)
    let put = PREFIX_BYTES + HEAD_BYTES
    put += text.copy(buffer, put)
    for (let index = 0; index < count; index++) view.setFloat64(put + index * 8, this.#a[index]!)
    put += count * 8
    for (let index = 0; index < count; index++) view.setFloat64(put + index * 8, this.#b[index]!)
    put += count * 8
    buffer.set(this.#kinds.subarray(0, count), put)
    view.setInt32(0, length)
    view.setUint32(4, crc32c(buffer, PREFIX_BYTES, PREFIX_BYTES + length))
    file.write(buffer, 0, buffer.length, at)
    this.#count = 0
    return buffer.length
  }

  #readBlock(file: DiskFile, at: number, size: number): Block | null {
    const prefix = sliceOf(Buffer.allocUnsafe(PREFIX_BYTES))
    if (file.read(prefix.buffer, 0, PREFIX_BYTES, at) < PREFIX_BYTES) return null
    const length = prefix.view.getInt32(0)
    if (length < HEAD_BYTES || length > size - at - PREFIX_BYTES) return null
    const slice = sliceOf(Buffer.allocUnsafe(length))
    file.read(slice.buffer, 0, length, at + PREFIX_BYTES)
    if (crc32c(slice.buffer, 0, length) !== prefix.view.getUint32(4)) return null
    const { view } = slice
    const textBytes = view.getInt32(20)
    const count = view.getInt32(24)
    if (textBytes < 0 || count < 0 || HEAD_BYTES + textBytes + count * ENTRY_BYTES !== length) return null
    const processed = view.getFloat64(0)
    const noted = view.getFloat64(8)
    if (!this.#isOurs(noted, view.getInt32(16))) return null
    const intents = JSON.parse(slice.buffer.toString('utf8', HEAD_BYTES, HEAD_BYTES + textBytes)) as IntentNote[]
    return { processed, noted, intents, count, slice, entriesStart: HEAD_BYTES + textBytes }
  }

  /** Whether the log as it is now has the history that the block was written about. */
  #isOurs(noted: number, epoch: number): boolean {
    const end = this.#log.endOffsetForEpoch(epoch)
    return end !== null && end.epoch === epoch && noted <= end.endOffset
  }
}

interface Block extends IndexPosition {
  readonly intents: readonly IntentNote[]
  readonly count: number
  readonly slice: Slice
  readonly entriesStart: number
}

function grown<T extends Float64Array | Uint8Array>(old: T, room: T): T {
  room.set(old)
  return room
}

function entryTo(reader: IndexReader, { buffer, view }: Slice, start: number, count: number, index: number): void {
  const a = view.getFloat64(start + index * 8)
  const b = view.getFloat64(start + count * 8 + index * 8)
  const kind = buffer[start + count * 16 + index]!
  if (kind === GONE) reader.gone(a)
  else if (kind === MOVED) reader.moved(a, b)
  else reader.waits(a, b, kind === WAITS ? 0 : DEAD)
}
