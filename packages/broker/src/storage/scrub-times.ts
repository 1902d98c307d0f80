/**
 * When each log was last read as a whole, or first seen: `scrub-checkpoint` of its data directory, in epoch seconds, so that
 * restarts do not begin anew. What a crash takes away of it is read again.
 */
import type { Disk } from '../host/disk.ts'
import { OffsetCheckpoint } from './checkpoint.ts'
import { CheckpointFile } from './checkpoint-file.ts'
import type { Log } from './log.ts'

const CHECKPOINT = 'scrub-checkpoint'

interface Entry {
  times: OffsetCheckpoint
  readonly file: CheckpointFile
  isChanged: boolean
}

export class ScrubTimes {
  readonly #disk: Disk
  readonly #entries = new Map<string, Entry>()

  constructor(disk: Disk) {
    this.#disk = disk
  }

  /** Epoch milliseconds; null before it was seen. */
  lastMs({ directory, topic, partition }: Log): number | null {
    const seconds = this.#entryOf(directory).times.get(topic, partition)
    return seconds === undefined ? null : seconds * 1000
  }

  note(log: Log, nowMs: number): void {
    const entry = this.#entryOf(log.directory)
    entry.times.set(log.topic, log.partition, Math.floor(nowMs / 1000))
    // The disk of a log that failed may be what failed.
    if (log.failed === null) entry.isChanged = true
  }

  /** Writes what changed, of `logs`, which are those that are there. The loop does not wait for the disk. Rejects with I/O errors. */
  async write(logs: Iterable<Log>): Promise<void> {
    const kept = new Map<Entry, OffsetCheckpoint>()
    for (const entry of this.#entries.values()) if (entry.isChanged) kept.set(entry, new OffsetCheckpoint())
    if (kept.size === 0) return
    for (const { directory, topic, partition } of logs) {
      const entry = this.#entryOf(directory)
      const seconds = entry.times.get(topic, partition)
      if (seconds !== undefined) kept.get(entry)?.set(topic, partition, seconds)
    }
    const writes = Array.from(kept, ([entry, times]) => {
      entry.times = times
      entry.isChanged = false
      return new Promise<void>((resolve, reject) =>
        entry.file.write(times.toString(), (error) => (error === null ? resolve() : reject(error))),
      )
    })
    await Promise.all(writes)
  }

  #entryOf(logDirectory: string): Entry {
    const directory = logDirectory.slice(0, logDirectory.lastIndexOf('/'))
    let entry = this.#entries.get(directory)
    if (entry === undefined) {
      const path = `${directory}/${CHECKPOINT}`
      const times = this.#read(path)
      // Who waits for the write hears of a failure.
      entry = { times, file: new CheckpointFile(this.#disk, path, () => {}), isChanged: false }
      this.#entries.set(directory, entry)
    }
    return entry
  }

  /** One that is damaged or cannot be read is taken for empty. */
  #read(path: string): OffsetCheckpoint {
    try {
      const read = OffsetCheckpoint.read(this.#disk, path)
      return typeof read === 'string' ? new OffsetCheckpoint() : read
    } catch {
      return new OffsetCheckpoint()
    }
  }
}
