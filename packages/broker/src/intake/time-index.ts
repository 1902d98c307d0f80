/**
 * What is due when: offsets in the order of their due times, those due at the same time in the order of their offsets.
 *
 *   buckets  65.5 s each, by number, not sorted          8 bytes an entry
 *   slots    the bucket whose time has come, cut in 64 of 1.024 s
 *   grains   the slot whose time has come, cut in 64 of 16 ms, sorted one by one as their time comes
 *   run      the grain whose time has come, sorted
 *   heap     what came for a time that is in the run already, or earlier
 *
 * An entry of a bucket is one number: the due time within the bucket (16 bits), then the offset less the bucket's base
 * (36 bits). So adding is a store, and no part that is sorted at once is large.
 *
 * Entries are not removed: who takes one out looks whether it still counts.
 */
const BUCKET_MS = 65_536
const SLOT_MS = 1_024
const GRAIN_MS = 16
/** Parts of a bucket, and of a slot. */
const PARTS = 64
const OFFSET_SPAN = 2 ** 36
/** A slot with so few entries is sorted as it is. */
const RUN_ENTRIES = 256

class Bucket {
  readonly base: number
  entries: Float64Array
  length = 0

  constructor(base: number, capacity = 4) {
    this.base = base
    this.entries = new Float64Array(capacity)
  }

  add(entry: number): void {
    if (this.length === this.entries.length) {
      const grown = new Float64Array(this.length < 1024 ? this.length * 2 : Math.ceil(this.length * 1.5))
      grown.set(this.entries)
      this.entries = grown
    }
    this.entries[this.length++] = entry
  }

  /** The entries, sorted. */
  sorted(): Float64Array {
    return this.entries.subarray(0, this.length).sort()
  }
}

export class TimeIndex {
  readonly #buckets = new Map<number, Bucket>()
  /** The least bucket there is, Infinity for none. */
  #leastBucket = Number.POSITIVE_INFINITY
  /** The bucket that is open, -Infinity before any. */
  #openBucket = Number.NEGATIVE_INFINITY
  #slots: (Bucket | undefined)[] = []
  /** The next slot of the open bucket. */
  #nextSlot = PARTS
  /** Those of the slot before that one. */
  #grains: (Bucket | undefined)[] = []
  #nextGrain = PARTS
  #run: Float64Array = new Float64Array(0)
  #runAt = 0
  #runBase = 0
  readonly #heapDues: number[] = []
  readonly #heapOffsets: number[] = []
  #size = 0
  /** The entry that `pop` took out. */
  due = 0
  offset = 0

  /** Entries held, those that no longer count among them. */
  get size(): number {
    return this.#size
  }

  /** Adds an entry: `due` in epoch milliseconds. */
  add(due: number, offset: number): void {
    this.#size++
    const number = Math.floor(due / BUCKET_MS)
    if (number > this.#openBucket) {
      let bucket = this.#buckets.get(number)
      if (bucket === undefined) {
        bucket = new Bucket(Math.max(0, offset - OFFSET_SPAN / 2))
        this.#buckets.set(number, bucket)
        if (number < this.#leastBucket) this.#leastBucket = number
      }
      const relative = offset - bucket.base
      if (relative >= 0 && relative < OFFSET_SPAN) {
        bucket.add((due - number * BUCKET_MS) * OFFSET_SPAN + relative)
        return
      }
    } else if (number === this.#openBucket && this.#addToOpen(due - number * BUCKET_MS, offset - this.#runBase)) return
    this.#push(due, offset)
  }

  /** Adds an entry to what is open; false where its time is in the run, or over. */
  #addToOpen(dueMs: number, relative: number): boolean {
    if (relative < 0 || relative >= OFFSET_SPAN) return false
    const slot = Math.floor(dueMs / SLOT_MS)
    const grain = Math.floor((dueMs % SLOT_MS) / GRAIN_MS)
    const entry = dueMs * OFFSET_SPAN + relative
    if (slot >= this.#nextSlot) {
      this.#slots[slot] ??= new Bucket(this.#runBase)
      this.#slots[slot].add(entry)
      return true
    }
    if (slot !== this.#nextSlot - 1 || grain < this.#nextGrain) return false
    this.#grains[grain] ??= new Bucket(this.#runBase)
    this.#grains[grain].add(entry)
    return true
  }

  /** When the next entry is due; too early at times, never too late. Infinity for none. */
  next(): number {
    const heap = this.#heapDues[0] ?? Number.POSITIVE_INFINITY
    return Math.min(heap, this.#nextSorted())
  }

  /** Takes out the first entry if it is due at `now` into `due` and `offset`, or returns false. */
  pop(now: number): boolean {
    for (;;) {
      const sorted = this.#nextSorted()
      const heap = this.#heapDues[0] ?? Number.POSITIVE_INFINITY
      if (Math.min(sorted, heap) > now) return false
      if (sorted <= heap && this.#runAt === this.#run.length) {
        this.#openNext()
        continue
      }
      this.#size--
      if (sorted < heap || (sorted === heap && this.#runOffset() < this.#heapOffsets[0]!)) {
        this.due = sorted
        this.offset = this.#runOffset()
        this.#runAt++
      } else this.#shift()
      return true
    }
  }

  /** The least due time of the entries that `counts` lets count, Infinity for none. Looks at every entry of a part, `next` at none. */
  first(counts: (due: number, offset: number) => boolean): number {
    let first = Number.POSITIVE_INFINITY
    for (let at = 0; at < this.#heapDues.length; at++) {
      const due = this.#heapDues[at]!
      if (due < first && counts(due, this.#heapOffsets[at]!)) first = due
    }
    for (const [start, partStart, part] of this.#parts()) {
      if (partStart >= first) return first
      for (let at = 0; at < part.length; at++) {
        const [due, offset] = split(part.entries[at]!, start, part.base)
        if (due < first && counts(due, offset)) first = due
      }
    }
    return first
  }

  /** Every entry as due and offset, in no order. */
  *entries(): Generator<readonly [number, number]> {
    for (let at = 0; at < this.#heapDues.length; at++) yield [this.#heapDues[at]!, this.#heapOffsets[at]!]
    const openStart = this.#openBucket * BUCKET_MS
    for (let at = this.#runAt; at < this.#run.length; at++) yield split(this.#run[at]!, openStart, this.#runBase)
    for (const part of [...this.#grains.slice(this.#nextGrain), ...this.#slots.slice(this.#nextSlot)]) {
      if (part === undefined) continue
      for (let i = 0; i < part.length; i++) yield split(part.entries[i]!, openStart, this.#runBase)
    }
    for (const [number, bucket] of this.#buckets) {
      for (let i = 0; i < bucket.length; i++) yield split(bucket.entries[i]!, number * BUCKET_MS, bucket.base)
    }
  }

  /** The due time of the first sorted entry, or when the next part that is to be sorted begins. */
  #nextSorted(): number {
    if (this.#runAt < this.#run.length) {
      return this.#openBucket * BUCKET_MS + Math.floor(this.#run[this.#runAt]! / OFFSET_SPAN)
    }
    const openMs = this.#openBucket * BUCKET_MS
    while (this.#nextGrain < PARTS && this.#grains[this.#nextGrain] === undefined) this.#nextGrain++
    if (this.#nextGrain < PARTS) return openMs + (this.#nextSlot - 1) * SLOT_MS + this.#nextGrain * GRAIN_MS
    while (this.#nextSlot < PARTS && this.#slots[this.#nextSlot] === undefined) this.#nextSlot++
    if (this.#nextSlot < PARTS) return openMs + this.#nextSlot * SLOT_MS
    return this.#leastBucket * BUCKET_MS
  }

  /** What is sorted or is to be sorted, in the order of time: the bucket's begin, the part's own, the entries. */
  *#parts(): Generator<readonly [number, number, { base: number; entries: Float64Array; length: number }]> {
    const openMs = this.#openBucket * BUCKET_MS
    if (this.#runAt < this.#run.length) {
      const entries = this.#run.subarray(this.#runAt)
      yield [openMs, openMs, { base: this.#runBase, entries, length: entries.length }]
    }
    for (let at = this.#nextGrain; at < PARTS; at++) {
      const part = this.#grains[at]
      if (part !== undefined) yield [openMs, openMs + (this.#nextSlot - 1) * SLOT_MS + at * GRAIN_MS, part]
    }
    for (let at = this.#nextSlot; at < PARTS; at++) {
      const part = this.#slots[at]
      if (part !== undefined) yield [openMs, openMs + at * SLOT_MS, part]
    }
    const least = this.#buckets.get(this.#leastBucket)
    if (least === undefined) return
    yield [this.#leastBucket * BUCKET_MS, this.#leastBucket * BUCKET_MS, least]
    const others = [...this.#buckets.keys()].filter((number) => number !== this.#leastBucket).sort((a, b) => a - b)
    for (const number of others) yield [number * BUCKET_MS, number * BUCKET_MS, this.#buckets.get(number)!]
  }

  #runOffset(): number {
    return (this.#run[this.#runAt]! % OFFSET_SPAN) + this.#runBase
  }

  /** Sorts the next grain, or opens the next slot or bucket: its time has come and the run is used up. */
  #openNext(): void {
    if (this.#nextGrain < PARTS) {
      this.#run = this.#grains[this.#nextGrain]!.sorted()
      this.#runAt = 0
      this.#grains[this.#nextGrain++] = undefined
    } else if (this.#nextSlot < PARTS) this.#openSlot(this.#slots[this.#nextSlot]!)
    else this.#openLeastBucket()
  }

  #openSlot(slot: Bucket): void {
    this.#slots[this.#nextSlot++] = undefined
    if (slot.length <= RUN_ENTRIES) {
      this.#run = slot.sorted()
      this.#runAt = 0
    } else {
      this.#grains = cut(slot, SLOT_MS, GRAIN_MS)
      this.#nextGrain = 0
    }
  }

  #openLeastBucket(): void {
    const number = this.#leastBucket
    const bucket = this.#buckets.get(number)!
    this.#buckets.delete(number)
    this.#leastBucket = Number.POSITIVE_INFINITY
    for (const other of this.#buckets.keys()) if (other < this.#leastBucket) this.#leastBucket = other
    this.#openBucket = number
    this.#run = new Float64Array(0)
    this.#runAt = 0
    this.#runBase = bucket.base
    this.#slots = cut(bucket, BUCKET_MS, SLOT_MS)
    this.#nextSlot = 0
    this.#grains = []
    this.#nextGrain = PARTS
  }

  #isBefore(due: number, offset: number, at: number): boolean {
    return isLess(due, offset, this.#heapDues[at]!, this.#heapOffsets[at]!)
  }

  #push(due: number, offset: number): void {
    const dues = this.#heapDues
    const offsets = this.#heapOffsets
    let index = dues.length
    dues.push(due)
    offsets.push(offset)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!this.#isBefore(due, offset, parent)) break
      dues[index] = dues[parent]!
      offsets[index] = offsets[parent]!
      index = parent
    }
    dues[index] = due
    offsets[index] = offset
  }

  #shift(): void {
    const dues = this.#heapDues
    const offsets = this.#heapOffsets
    this.due = dues[0]!
    this.offset = offsets[0]!
    const due = dues.pop()!
    const offset = offsets.pop()!
    const length = dues.length
    if (length === 0) return
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= length) break
      if (child + 1 < length && this.#isBefore(dues[child + 1]!, offsets[child + 1]!, child)) child++
      if (!isLess(dues[child]!, offsets[child]!, due, offset)) break
      dues[index] = dues[child]!
      offsets[index] = offsets[child]!
      index = child
    }
    dues[index] = due
    offsets[index] = offset
  }
}

function isLess(due: number, offset: number, otherDue: number, otherOffset: number): boolean {
  return due < otherDue || (due === otherDue && offset < otherOffset)
}

/** The entries of something that is `wholeMs` long, in parts of `partMs`. */
function cut(whole: Bucket, wholeMs: number, partMs: number): (Bucket | undefined)[] {
  const { base, entries, length } = whole
  const counts = new Int32Array(PARTS)
  const partOf = (entry: number) => Math.floor((Math.floor(entry / OFFSET_SPAN) % wholeMs) / partMs)
  for (let at = 0; at < length; at++) counts[partOf(entries[at]!)]!++
  const parts = Array.from(counts, (count) => (count === 0 ? undefined : new Bucket(base, count)))
  for (let at = 0; at < length; at++) parts[partOf(entries[at]!)]!.add(entries[at]!)
  return parts
}

function split(entry: number, start: number, base: number): readonly [number, number] {
  return [start + Math.floor(entry / OFFSET_SPAN), (entry % OFFSET_SPAN) + base]
}
