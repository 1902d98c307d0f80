/**
 * The files of a journal, oldest first, and up to where each holds which log. A file is done with when all that it holds is
 * durable in the logs; they go in the order in which they came, as a later one may tell what of an earlier one holds no more.
 */
import type { Holding } from './journal-slot.ts'
import { slotKey } from './journal-slot.ts'
import type { JournalFile } from './journal-tail.ts'
import type { JournaledLog } from './journaled-log.ts'

/** That nothing holds of a log from `offset` on. */
export interface JournalCut {
  readonly topicId: string
  readonly partition: number
  readonly offset: number
}

export class JournalFiles {
  readonly #files: JournalFile<JournaledLog>[] = []

  /** Bytes that they have on the disk. */
  get sizeInBytes(): number {
    let size = 0
    for (const { room } of this.#files) size += room
    return size
  }

  get paths(): string[] {
    return this.#files.map(({ path }) => path)
  }

  /** Adds a file that is newer than all others. */
  push(file: JournalFile<JournaledLog>): void {
    this.#files.push(file)
  }

  /** Whether any has anything of a log from `offset` on. */
  holds({ topicId, partition, offset }: JournalCut): boolean {
    const key = slotKey(topicId, partition)
    return this.#files.some(({ holdings }) => (holdings.get(key)?.endOffset ?? 0) > offset)
  }

  /** What they hold of logs that are cut holds no more. */
  lower(cuts: readonly JournalCut[]): void {
    for (const { topicId, partition, offset } of cuts) {
      const key = slotKey(topicId, partition)
      for (const { holdings } of this.#files) lower(holdings, key, offset)
    }
  }

  /** What is left of `log` is held for as long as its own files do not have it. */
  keep(log: JournaledLog): void {
    for (const { holdings } of this.#files) {
      const holding = holdings.get(log.journalSlot.key)
      if (holding !== undefined) holding.log = log
    }
  }

  /** Logs that were found and that nobody has opened are gone. */
  leaveUnopened(): void {
    for (const { holdings } of this.#files) {
      for (const holding of holdings.values()) if (holding.log === null) leave(holding)
    }
  }

  /** That log is gone, which is written nowhere: what is held of it stays there for as long as the files do. */
  leave(key: string): void {
    for (const { holdings } of this.#files) {
      const holding = holdings.get(key)
      if (holding !== undefined) leave(holding)
    }
  }

  /** Nothing of that log is held any more. */
  drop(key: string): void {
    for (const { holdings } of this.#files) holdings.delete(key)
  }

  /** The logs that keep all but the newest file from being done with. */
  laggards(): JournaledLog[] {
    const laggards = new Set<JournaledLog>()
    for (const { holdings } of this.#files.slice(0, -1)) {
      for (const { log, endOffset } of holdings.values())
        if (log !== null && log.recoveryPoint < endOffset) laggards.add(log)
    }
    return [...laggards]
  }

  /** The oldest files as far as they are done with, one after the other; `isWriting`: the newest is written to. */
  done(isWriting: boolean): readonly JournalFile<JournaledLog>[] {
    const end = this.#files.length - (isWriting ? 1 : 0)
    let count = 0
    while (count < end && isDone(this.#files[count]!)) count++
    return this.#files.slice(0, count)
  }

  /** Whether all are. */
  get areDone(): boolean {
    return this.#files.every(isDone)
  }

  /** Lets go of the oldest. */
  removeOldest(count: number): void {
    // Logs that are idle for long hold on to what they were last in, and it would hold on to all other logs.
    for (const { holdings } of this.#files.splice(0, count)) holdings.clear()
  }
}

/** What is held from `offset` on holds no more. */
export function lower(holdings: ReadonlyMap<string, Holding<JournaledLog>>, key: string, offset: number): void {
  const holding = holdings.get(key)
  if (holding !== undefined) holding.endOffset = Math.min(holding.endOffset, offset)
}

function leave(holding: Holding<JournaledLog>): void {
  holding.log = null
  holding.isGone = true
}

/** Whether the logs have all that `file` holds. */
function isDone({ holdings }: JournalFile<JournaledLog>): boolean {
  for (const { log, endOffset, isGone } of holdings.values())
    if (!isGone && (log === null || log.recoveryPoint < endOffset)) return false
  return true
}
