/** What an earlier life left in a journal, by log, until all logs are open. */
import type { Disk } from '../host/disk.ts'
import { CUT } from './journal-entry.ts'
import { type JournalFiles, lower } from './journal-files.ts'
import { FoundRecords, scanJournal } from './journal-scan.ts'
import { addHolding, type Holding, slotKey } from './journal-slot.ts'
import type { JournaledLog } from './journaled-log.ts'

export class JournalFindings {
  readonly #found = new Map<string, FoundRecords>()

  /** What was found of a log, oldest first. */
  of(topicId: string, partition: number): FoundRecords | undefined {
    return this.#found.get(slotKey(topicId, partition))
  }

  /** Nothing of that log is for the one that is opened under its name. */
  drop(key: string): void {
    this.#found.delete(key)
  }

  clear(): void {
    this.#found.clear()
  }

  /** Reads the file of a sequence, which follows on all that were read before, and adds it to `files`. Throws I/O errors. */
  read(disk: Disk, path: string, sequence: number, files: JournalFiles): void {
    const holdings = new Map<string, Holding<JournaledLog>>()
    scanJournal(disk, path, sequence, (entry, position, length) => {
      const { kind, topicId, partition, offset, endOffset } = entry
      const key = slotKey(topicId, partition)
      let found = this.#found.get(key)
      if (kind === CUT) {
        found?.cut(offset)
        files.lower([entry])
        lower(holdings, key, offset)
        return
      }
      if (found === undefined) {
        found = new FoundRecords()
        this.#found.set(key, found)
      }
      found.add({ path, position, length, offset, endOffset })
      addHolding(holdings, key, endOffset, null)
    })
    files.push({ path, size: 0, room: disk.fileSize(path), holdings, isOwn: false })
  }
}
