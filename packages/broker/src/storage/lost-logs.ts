/**
 * Logs that a start does not find, though the checkpoints say that they had records: somebody removed their directory, or the disk
 * lost it. It is said of each, and counted.
 *
 *     others have it      this replica leaves those in sync, and fetches all anew
 *     nobody else has it  after a clean stop the log begins where it ended: no offset is given twice, and consumers that had read all
 *                         go on with what is new. After an unclean one it begins at 0, as what is noted may be of a topic before.
 */
import type { Logger } from 'pino'
import type { LogDirectory } from './log-directory.ts'

/** Where a log was, and ended. */
export interface LostLog {
  readonly directory: LogDirectory
  readonly endOffset: number
}

export class LostLogs {
  /** How many were not found. */
  count = 0
  readonly #directories: readonly LogDirectory[]
  readonly #logger: Logger

  constructor(directories: readonly LogDirectory[], logger: Logger) {
    this.#directories = directories
    this.#logger = logger
  }

  /** What is known of a log that is in none of the directories; null where it had no records as far as is known. */
  find(topic: string, partition: number): LostLog | null {
    let found: LostLog | null = null
    for (const directory of this.#directories) {
      if (directory.offline !== null || directory.unclaimed.has(`${topic}-${partition}`)) continue
      const { startOffset, endOffset } = directory.noted(topic, partition)
      if (endOffset > startOffset && endOffset > (found?.endOffset ?? 0)) found = { directory, endOffset }
    }
    return found
  }

  /**
   * A log that is in none of the directories is about to be begun, and has no other replica where `isOnly`: says so if it is lost.
   * Where it is to begin; null where that is anywhere, at 0.
   */
  begin(topic: string, partition: number, isOnly: boolean): LostLog | null {
    const lost = this.find(topic, partition)
    if (lost === null) return null
    const { directory, endOffset } = lost
    const goesOn = isOnly && directory.wasClean
    const beginsAt = goesOn ? endOffset : 0
    this.count++
    this.#logger.error(
      { directory: directory.path, topic, partition, endOffset, beginsAt },
      isOnly
        ? 'The directory of a log is gone, and its records with it: it was removed, or the disk lost it. No other broker has them; the log begins anew.'
        : 'The directory of a log is gone, and its records with it: it was removed, or the disk lost it. They are fetched from other replicas.',
    )
    // Nothing that is noted of it is to be taken for another of its name.
    for (const other of this.#directories) if (!goesOn || other !== directory) other.forgetNoted(topic, partition)
    return goesOn ? lost : null
  }
}
