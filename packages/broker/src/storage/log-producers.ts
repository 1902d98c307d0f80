/** What a log knows of its producers, which is read when it is first needed, and the snapshots in which that is kept. */
import { isNoFile } from '../host/no-room.ts'
import type { LogFlush } from './log-flush.ts'
import type { LogPlace } from './log-place.ts'
import { producersAt, snapshotOffsets } from './producer-replay.ts'
import { encodeSnapshot } from './producer-snapshot.ts'
import type { ProducerState } from './producer-state.ts'
import { fileName, SNAPSHOT_SUFFIX } from './segment-files.ts'
import type { SegmentList } from './segment-list.ts'

/** The log whose producers they are. */
export interface ProducedLog {
  readonly place: LogPlace
  readonly segments: SegmentList
  readonly flush: LogFlush
  readonly endOffset: number
  readonly isOnDisk: boolean
  readonly failed: Error | null
  /** Writes what is staged. */
  write(): void
  /** Does `run`; an I/O error in it ends the log's use. */
  guarded<T>(run: () => T): T
  /** The same for what only reads: that too many files are open is no failure of the log. */
  guardedRead<T>(run: () => T): T
}

export class LogProducers {
  readonly #log: ProducedLog
  #known: ProducerState | null
  /** The offset of the newest snapshot file, -1 without any. */
  #snapshotOffset: number

  constructor(log: ProducedLog, known: ProducerState | null, snapshotOffset: number) {
    this.#log = log
    this.#known = known
    this.#snapshotOffset = snapshotOffset
  }

  /** As of the log's end. Throws I/O errors. */
  get current(): ProducerState {
    if (this.#known === null) {
      const log = this.#log
      // They are read from the file: what is staged must be there.
      log.guarded(() => log.write())
      this.#known = producersAt(log.place, log.segments, this.snapshots(), log.endOffset)
    }
    return this.#known
  }

  /** The same; null where they cannot be read for now, as too many files are open. An I/O error is thrown and sets `failed`. */
  get currentUnlessCrowded(): ProducerState | null {
    try {
      return this.#known ?? this.#log.guardedRead(() => this.current)
    } catch (error) {
      if (isNoFile(error) && this.#log.failed === null) return null
      throw error
    }
  }

  /** The same if they were read, without reading them. */
  get known(): ProducerState | null {
    return this.#known
  }

  /** Reads them again when they are next needed: the log was cut. */
  forget(): void {
    this.#known = null
  }

  /** The offsets of the snapshot files, rising. */
  snapshots(): number[] {
    const { isOnDisk, place } = this.#log
    if (!isOnDisk) return []
    return snapshotOffsets(place.disk.list(place.directory).map((entry) => entry.name))
  }

  /** Writes them as of the log's end, unless that was done. */
  takeSnapshot(): void {
    const log = this.#log
    if (this.#snapshotOffset === log.endOffset) return
    const { current } = this
    // Not before: to read them what is staged is written, and undone where there is no room.
    const { endOffset, place, flush } = log
    const path = `${place.directory}/${fileName(endOffset, SNAPSHOT_SUFFIX)}`
    const file = place.disk.open(path, 'create')
    const bytes = encodeSnapshot(current.entries(), current.size)
    try {
      file.write(bytes, 0, bytes.length, 0)
    } catch (error) {
      file.close()
      place.disk.remove(path)
      throw error
    }
    if (file.size() > bytes.length) file.truncate(bytes.length)
    flush.add([file])
    flush.made(place.directory)
    this.#snapshotOffset = endOffset
  }

  /** Removes the snapshots above `to`, of those that there are, rising. */
  keepSnapshots(to: number, offsets: readonly number[]): void {
    const { disk, directory } = this.#log.place
    this.#snapshotOffset = -1
    for (const offset of offsets) {
      if (offset > to) disk.remove(`${directory}/${fileName(offset, SNAPSHOT_SUFFIX)}`)
      else this.#snapshotOffset = offset
    }
  }
}
