/**
 * The bodies of records that are due, read ahead: in the order in which they lie in the log, a few at a time, and given
 * out in the order in which they are delivered. So a batch of a client is opened once for all its records that are due
 * together, however their due times lie.
 */
import type { Log } from '../storage/log.ts'
import { RecordFinder } from './intake-reader.ts'
import type { RecordArena } from './record-arena.ts'
import type { StoredRecord } from './stored-record.ts'

/** Places that are sorted as one number together with the record's location, which may be so far from the first. */
const PLACES = 2 ** 18
const SPAN_MAX = 2 ** 35

export class BodyWindow {
  readonly #offsets: readonly number[]
  readonly #records: (StoredRecord | null)[]
  readonly #finder: RecordFinder
  /** Records that cannot be read. */
  readonly missing: number[] = []
  #next = 0

  /** `offsets` in the order of delivery. Bodies are copied into `arena`, which nobody else may use until the window is done. */
  constructor(log: Log, offsets: readonly number[], locationOf: (offset: number) => number, arena: RecordArena) {
    const { order, locations } = byLocation(offsets.map(locationOf))
    this.#offsets = offsets
    this.#records = new Array<StoredRecord | null>(offsets.length).fill(null)
    const listener = {
      found: (index: number, record: StoredRecord) => {
        this.#records[order[index]!] = record
      },
      missing: (index: number) => {
        this.missing.push(offsets[order[index]!]!)
      },
    }
    this.#finder = new RecordFinder(log, locations, listener, { arena })
  }

  /** Whether all bodies were read. */
  get isRead(): boolean {
    return this.#finder.isDone
  }

  get isEmpty(): boolean {
    return this.remaining === 0
  }

  /** Records left, at most. */
  get remaining(): number {
    return this.#offsets.length - this.#next
  }

  /** Reads some more. Throws where the log cannot be read. */
  read(): void {
    this.#finder.step()
  }

  /** The offset of the next record that still waits, -1 at the end. Those before it are passed over for good. */
  next(isWaiting: (offset: number) => boolean): number {
    for (; !this.isEmpty; this.#next++) {
      const offset = this.#offsets[this.#next]!
      if (this.#records[this.#next] !== null && isWaiting(offset)) return offset
    }
    return -1
  }

  /** The next record, which `next` found. */
  get record(): StoredRecord {
    return this.#records[this.#next]!
  }

  /** Takes it out. */
  shift(): StoredRecord {
    const { record } = this
    this.#records[this.#next] = null
    this.#next++
    return record
  }
}

/** The places of `locations` in their rising order, those of the same in their own, and the locations in that order. */
function byLocation(locations: readonly number[]): { order: number[]; locations: number[] } {
  let least = Number.POSITIVE_INFINITY
  let most = 0
  for (const location of locations) {
    if (location < least) least = location
    if (location > most) most = location
  }
  if (locations.length > PLACES || most - least >= SPAN_MAX) {
    const order = locations.map((_, at) => at).sort((a, b) => locations[a]! - locations[b]! || a - b)
    return { order, locations: order.map((at) => locations[at]!) }
  }
  // Numbers without a comparison function are sorted many times as fast.
  const packed = Float64Array.from(locations, (location, at) => (location - least) * PLACES + at).sort()
  return {
    order: Array.from(packed, (number) => number % PLACES),
    locations: Array.from(packed, (number) => Math.floor(number / PLACES) + least),
  }
}
