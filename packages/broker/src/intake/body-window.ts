/**
 * The bodies of records that are due, read ahead: in the order in which they lie in the log, a few at a time, and given
 * out in the order in which they are delivered. So a batch of a client is opened once for all its records that are due
 * together, however their due times lie.
 */
import type { Log } from '../storage/log.ts'
import { RecordFinder } from './intake-reader.ts'
import type { StoredRecord } from './stored-record.ts'

export class BodyWindow {
  readonly #offsets: readonly number[]
  readonly #records: (StoredRecord | null)[]
  readonly #finder: RecordFinder
  /** Records that cannot be read. */
  readonly missing: number[] = []
  #next = 0

  /** `offsets` in the order of delivery. */
  constructor(log: Log, offsets: readonly number[], locationOf: (offset: number) => number) {
    const order = offsets.map((offset, at) => ({ at, location: locationOf(offset) }))
    order.sort((a, b) => a.location - b.location)
    this.#offsets = offsets
    this.#records = new Array<StoredRecord | null>(offsets.length).fill(null)
    this.#finder = new RecordFinder(
      log,
      order.map(({ location }) => location),
      {
        found: (index, record) => {
          this.#records[order[index]!.at] = record
        },
        missing: (index) => {
          this.missing.push(offsets[order[index]!.at]!)
        },
      },
    )
  }

  /** Whether all bodies were read. */
  get isRead(): boolean {
    return this.#finder.isDone
  }

  get isEmpty(): boolean {
    return this.#next >= this.#offsets.length
  }

  /** Reads some more. Throws where the log cannot be read. */
  read(): void {
    this.#finder.step()
  }

  /** The next records that still wait, at least one, of about `bytesMax` together; none at the end. */
  take(
    bytesMax: number,
    countMax: number,
    isWaiting: (offset: number) => boolean,
  ): { offsets: number[]; records: StoredRecord[]; bytes: number } {
    const offsets: number[] = []
    const records: StoredRecord[] = []
    let bytes = 0
    while (!this.isEmpty && records.length < countMax) {
      const offset = this.#offsets[this.#next]!
      const record = this.#records[this.#next]!
      if (record !== null && isWaiting(offset)) {
        if (records.length > 0 && bytes + record.sizeInBytes > bytesMax) break
        bytes += record.sizeInBytes
        offsets.push(offset)
        records.push(record)
      }
      this.#records[this.#next] = null
      this.#next++
    }
    return { offsets, records, bytes }
  }
}
