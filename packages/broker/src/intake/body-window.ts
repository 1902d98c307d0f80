/**
 * The bodies of records that are due, read ahead: in the order in which they lie in the log, a few at a time, and given
 * out in the order in which they are delivered. So a batch of a client is opened once for all its records that are due
 * together, however their due times lie.
 */
import type { Log } from '../storage/log.ts'
import { RecordFinder } from './intake-reader.ts'
import type { RecordArena } from './record-arena.ts'
import type { StoredRecord } from './stored-record.ts'
import { WindowRecords } from './window-records.ts'

/** Places that are sorted as one number together with the record's location, which may be so far from the first. */
const PLACES = 2 ** 18
const SPAN_MAX = 2 ** 35

export class BodyWindow {
  readonly #offsets: readonly number[]
  readonly #records: WindowRecords
  readonly #finder: RecordFinder
  /** Records that cannot be read. */
  readonly missing: number[] = []
  #next = 0

  /** `offsets` in the order of delivery. Bodies are copied into `arena`, which nobody else may use until the window is done. */
  constructor(log: Log, offsets: readonly number[], locationOf: (offset: number) => number, arena: RecordArena) {
    const { places, locations } = byLocation(offsets, locationOf)
    const records = new WindowRecords(offsets.length, arena)
    this.#offsets = offsets
    this.#records = records
    this.#finder = new RecordFinder(log, locations, {
      found: (at, cursor) => records.set(places[at]!, cursor),
      missing: (at) => {
        this.missing.push(offsets[places[at]!]!)
      },
    })
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
      if (this.#records.has(this.#next) && isWaiting(offset)) return offset
    }
    return -1
  }

  /** Bytes of the next record, which `next` found. */
  get nextBytes(): number {
    return this.#records.sizeInBytes(this.#next)
  }

  /** The next record, which `next` found. */
  get record(): StoredRecord {
    return this.#records.get(this.#next)
  }

  /** Takes it out. */
  shift(): StoredRecord {
    const { record } = this
    this.#records.delete(this.#next)
    this.#next++
    return record
  }
}

/** The places of `offsets` in the rising order of their locations, those of the same in their own; the locations in that order. */
function byLocation(
  offsets: readonly number[],
  locationOf: (offset: number) => number,
): { places: Uint32Array; locations: Float64Array } {
  const count = offsets.length
  const locations = new Float64Array(count)
  let least = Number.POSITIVE_INFINITY
  let most = 0
  for (let at = 0; at < count; at++) {
    const location = locationOf(offsets[at]!)
    locations[at] = location
    if (location < least) least = location
    if (location > most) most = location
  }
  const places = new Uint32Array(count)
  if (count > PLACES || most - least >= SPAN_MAX) {
    const order = offsets.map((_, at) => at).sort((a, b) => locations[a]! - locations[b]! || a - b)
    places.set(order)
    return { places, locations: Float64Array.from(order, (at) => locations[at]!) }
  }
  // Numbers without a comparison function are sorted many times as fast.
  for (let at = 0; at < count; at++) locations[at] = (locations[at]! - least) * PLACES + at
  locations.sort()
  for (let at = 0; at < count; at++) {
    const packed = locations[at]!
    const location = Math.floor(packed / PLACES)
    places[at] = packed - location * PLACES
    locations[at] = location + least
  }
  return { places, locations }
}
