/**
 * A simulated file: what the page cache holds, what the device holds, and how they differ.
 *
 *   pages    the page cache; a page that is missing is zeros
 *   dirty    pages written since the last sync began; only these are changed in place
 *   syncing  what syncs in flight will make durable, in the order they began
 *   durable  what the device has
 *
 * The size is the file's own: `sizes` are those it had since the durable one, in order.
 */
import type { SimRandom } from './sim-random.ts'

export const PAGE_BYTES = 4096
/** Written whole or not at all. */
const SECTOR_BYTES = 512

const ZEROS = Buffer.alloc(PAGE_BYTES)

interface SizeChange {
  readonly sequence: number
  size: number
}

/** What a sync covers: the pages that were dirty and the size when it began. */
export interface SyncInFlight {
  readonly pages: ReadonlyMap<number, Buffer>
  readonly size: number
  readonly sequence: number
}

export class PagedFile {
  /** Names that lead here in the page cache's view, and handles that are open: without either its pages are free. */
  links = 0
  handles = 0
  readonly #pages = new Map<number, Buffer>()
  readonly #durable = new Map<number, Buffer>()
  /** Pages that are not there, but have room. */
  readonly #reserved = new Set<number>()
  #dirty = new Set<number>()
  #syncing: SyncInFlight[] = []
  #hasUntoldFailure = false
  #size = 0
  #durableSize = 0
  #sizes: SizeChange[] = []
  #sequence = 0

  get size(): number {
    return this.#size
  }

  /** Those that have room only among them. */
  get pageCount(): number {
    return this.#pages.size + this.#reserved.size
  }

  /** How many pages writing `[position, end)` would add. */
  pagesMissing(position: number, end: number): number {
    let missing = 0
    for (let page = Math.floor(position / PAGE_BYTES); page * PAGE_BYTES < end; page++) {
      if (!this.#pages.has(page) && !this.#reserved.has(page)) missing++
    }
    return missing
  }

  /** Gives `[position, end)` room: writing there adds no pages, until the file is cut. */
  reserve(position: number, end: number): void {
    for (let page = Math.floor(position / PAGE_BYTES); page * PAGE_BYTES < end; page++) {
      if (!this.#pages.has(page)) this.#reserved.add(page)
    }
  }

  read(buffer: Uint8Array, start: number, end: number, position: number): number {
    const count = Math.max(0, Math.min(end - start, this.#size - position))
    for (let done = 0; done < count; ) {
      const offset = (position + done) % PAGE_BYTES
      const length = Math.min(PAGE_BYTES - offset, count - done)
      const page = this.#pages.get(Math.floor((position + done) / PAGE_BYTES)) ?? ZEROS
      buffer.set(page.subarray(offset, offset + length), start + done)
      done += length
    }
    return count
  }

  write(buffer: Uint8Array, start: number, end: number, position: number): void {
    for (let from = start; from < end; ) {
      const at = position + from - start
      const offset = at % PAGE_BYTES
      const length = Math.min(PAGE_BYTES - offset, end - from)
      this.#dirtyPage(Math.floor(at / PAGE_BYTES)).set(buffer.subarray(from, from + length), offset)
      from += length
    }
    if (position + end - start > this.#size && end > start) this.#resize(position + end - start)
  }

  /** Flips a bit where the device holds it, and in the page cache. */
  decay(position: number, bit: number): void {
    const page = Math.floor(position / PAGE_BYTES)
    const copies = new Set([this.#pages.get(page), this.#durable.get(page)])
    for (const bytes of copies) if (bytes !== undefined) bytes[position % PAGE_BYTES]! ^= 1 << bit
  }

  truncate(size: number): void {
    for (const page of this.#reserved) if (page * PAGE_BYTES >= size) this.#reserved.delete(page)
    if (size < this.#size) {
      const kept = Math.ceil(size / PAGE_BYTES)
      if (size % PAGE_BYTES !== 0) this.#dirtyPage(kept - 1).fill(0, size % PAGE_BYTES)
      for (let page = kept; page * PAGE_BYTES < this.#size; page++) {
        if (this.#pages.delete(page) || this.#durable.has(page)) this.#dirty.add(page)
      }
    }
    if (size !== this.#size) this.#resize(size)
  }

  /** Begins a sync. What is written from now on is not covered by it. */
  beginSync(): SyncInFlight {
    const pages = new Map<number, Buffer>()
    for (const page of this.#dirty) pages.set(page, this.#pages.get(page) ?? ZEROS)
    this.#dirty = new Set()
    const sync = { pages, size: this.#size, sequence: this.#sequence++ }
    this.#syncing.push(sync)
    return sync
  }

  /** The device has it; and with it what earlier syncs, whose pages it waits for too, had begun to write. */
  completeSync(sync: SyncInFlight): void {
    const index = this.#syncing.indexOf(sync)
    if (index < 0) return
    for (const done of this.#syncing.splice(0, index + 1)) {
      for (const [page, bytes] of done.pages) this.#durable.set(page, bytes)
    }
    this.#durableSize = sync.size
    this.#sizes = this.#sizes.filter((change) => change.sequence > sync.sequence)
  }

  /** The device refused: its pages count as clean all the same, and no later sync writes them (Linux before and since 4.13). */
  failSync(sync: SyncInFlight): void {
    const index = this.#syncing.indexOf(sync)
    if (index >= 0) this.#syncing.splice(index, 1)
  }

  /** The device refused it to a sync of the whole file system: who syncs the file next is told (errseq_t, Linux since 4.13). */
  failSyncUntold(sync: SyncInFlight): void {
    if (sync.pages.size > 0) this.#hasUntoldFailure = true
    this.failSync(sync)
  }

  /** Whether pages were lost that no sync of this file has told of; asking tells. */
  takeUntoldFailure(): boolean {
    const had = this.#hasUntoldFailure
    this.#hasUntoldFailure = false
    return had
  }

  /** What is found after a power failure. Each page that was not durable survives with this probability, or tears. */
  afterPowerLoss(random: SimRandom, survival: number): PagedFile {
    const { size, cutAt, restoredFrom } = this.#surviveSize(random, survival)
    const file = new PagedFile()
    const candidates = new Set([...this.#durable.keys(), ...this.#dirty])
    for (const sync of this.#syncing) for (const page of sync.pages.keys()) candidates.add(page)
    for (const page of [...candidates].sort((a, b) => a - b)) {
      const at = page * PAGE_BYTES
      if (at >= size) continue
      const durable = this.#durable.get(page) ?? ZEROS
      const old = at + PAGE_BYTES > cutAt ? cutPage(durable, Math.max(0, cutAt - at)) : durable
      const bytes = at >= restoredFrom ? durable : this.#survivePage(page, old, random, survival)
      file.#pages.set(page, bytes)
      file.#durable.set(page, bytes)
    }
    const tail = size % PAGE_BYTES
    const last = file.#pages.get(Math.floor(size / PAGE_BYTES))
    if (tail !== 0 && last !== undefined) {
      const cut = cutPage(last, tail)
      file.#pages.set(Math.floor(size / PAGE_BYTES), cut)
      file.#durable.set(Math.floor(size / PAGE_BYTES), cut)
    }
    file.#size = size
    file.#durableSize = size
    return file
  }

  /** The page, private to the page cache: a copy unless it is dirty already. */
  #dirtyPage(page: number): Buffer {
    const present = this.#pages.get(page)
    if (present !== undefined && this.#dirty.has(page)) return present
    const bytes = Buffer.from(present ?? ZEROS)
    this.#pages.set(page, bytes)
    this.#reserved.delete(page)
    this.#dirty.add(page)
    return bytes
  }

  #resize(size: number): void {
    const last = this.#sizes.at(-1)
    const before = this.#sizes.at(-2)?.size ?? this.#durableSize
    const isNew = last !== undefined && last.sequence === this.#sequence
    if (isNew && size > last.size && last.size > before) last.size = size
    else this.#sizes.push({ sequence: this.#sequence, size })
    this.#size = size
  }

  /**
   * A size on the way from the durable one to the last. Growth may stop anywhere, cutting happens whole: pages from
   * `cutAt` on were cut and begin as zeros, those from `restoredFrom` on were cut in vain.
   */
  #surviveSize(random: SimRandom, survival: number): { size: number; cutAt: number; restoredFrom: number } {
    const sizes = [this.#durableSize, ...this.#sizes.map((change) => change.size)]
    let index = 0
    while (index < sizes.length - 1 && random.chance(survival)) index++
    let size = sizes[index]!
    const next = sizes[index + 1]
    if (next !== undefined && next > size && survival > 0) size += random.below(next - size + 1)
    let cutAt = Number.POSITIVE_INFINITY
    let restoredFrom = Number.POSITIVE_INFINITY
    for (let i = 1; i < sizes.length; i++) {
      if (sizes[i]! >= sizes[i - 1]!) continue
      if (i <= index) cutAt = Math.min(cutAt, sizes[i]!)
      else restoredFrom = Math.min(restoredFrom, sizes[i]!)
    }
    return { size, cutAt, restoredFrom }
  }

  #survivePage(page: number, old: Buffer, random: SimRandom, survival: number): Buffer {
    const newer: Buffer[] = []
    for (const sync of this.#syncing) {
      const bytes = sync.pages.get(page)
      if (bytes !== undefined) newer.push(bytes)
    }
    if (this.#dirty.has(page)) newer.push(this.#pages.get(page) ?? ZEROS)
    let result = old
    for (const bytes of newer) {
      if (!random.chance(survival)) continue
      result = random.chance(0.2) && survival < 1 ? tear(result, bytes, random) : bytes
    }
    return result
  }
}

/** A page with zeros from `length` on. */
function cutPage(page: Buffer, length: number): Buffer {
  return Buffer.from(page).fill(0, length)
}

/** A page of which some sectors arrived. */
function tear(old: Buffer, bytes: Buffer, random: SimRandom): Buffer {
  const torn = Buffer.from(old)
  for (let sector = 0; sector < PAGE_BYTES; sector += SECTOR_BYTES) {
    if (random.chance(0.5)) bytes.copy(torn, sector, sector, sector + SECTOR_BYTES)
  }
  return torn
}
