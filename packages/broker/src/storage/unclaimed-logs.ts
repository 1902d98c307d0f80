/**
 * The logs that a start found in a data directory and nobody has opened yet. Whose one is its `partition.metadata` says; one
 * that another topic claims, or none, is set aside under another name (aside-names.ts), never used and never removed.
 */
import type { Logger } from 'pino'
import type { Disk } from '../host/disk.ts'
import type { AsideNames } from './aside-names.ts'
import { isForeignFolder } from './foreign-directory.ts'
import { decodePartitionMetadata, encodePartitionMetadata } from './partition-metadata.ts'
import { LOG_SUFFIX, PARTITION_METADATA } from './segment-files.ts'

const LOG_NAME = /^.+-\d+$/

export interface UnclaimedLogsOptions {
  readonly disk: Disk
  /** The data directory. */
  readonly directory: string
  readonly asideNames: AsideNames
  readonly logger: Logger
  /** Whether the stop before this start was clean. */
  readonly wasClean: boolean
  /** Whether the checkpoint says that some of a log was durable. */
  readonly isDurable: (topic: string, partition: number) => boolean
}

export class UnclaimedLogs {
  readonly #options: UnclaimedLogsOptions
  /** `<topic>-<partition>` */
  readonly names = new Set<string>()

  constructor(options: UnclaimedLogsOptions) {
    this.#options = options
  }

  /** A directory of that name was found, or closed as if it had not been opened. */
  add(name: string): void {
    if (LOG_NAME.test(name)) this.names.add(name)
  }

  /**
   * The topic `topicId` wants the log of that name. Whether there is one, and whether it is that topic's: any other is set
   * aside. Throws I/O errors.
   */
  claim(topic: string, partition: number, topicId: string): { readonly isFound: boolean; readonly isKnown: boolean } {
    const { disk, directory, wasClean, isDurable } = this.#options
    const name = `${topic}-${partition}`
    if (!this.names.delete(name)) return { isFound: false, isKnown: false }
    const foundId = this.#topicIdOf(name)
    // A log without an id in which nothing was ever durable may be a deleted topic's whose removal a crash undid.
    const mayBeOthers = !wasClean && foundId === null && this.#hasSegments(name) && !isDurable(topic, partition)
    if (mayBeOthers || (foundId !== null && foundId !== topicId)) {
      this.#setAside(name)
      return { isFound: true, isKnown: false }
    }
    // A crash left it without, or with a part of it; once it has records, nobody could tell whose they are.
    if (foundId === null)
      disk.replaceFile(`${directory}/${name}/${PARTITION_METADATA}`, encodePartitionMetadata(topicId))
    return { isFound: true, isKnown: true }
  }

  /** Sets those aside that belong to none of `topics` (by topic id). What is no log stays as it is. */
  setStraysAside(topics: { has(topicId: string): boolean }): void {
    const { disk, directory } = this.#options
    for (const name of [...this.names]) {
      const topicId = this.#topicIdOf(name)
      if (topicId !== null && topics.has(topicId)) continue
      this.names.delete(name)
      if (topicId === null && isForeignFolder(disk, `${directory}/${name}`)) continue
      this.#setAside(name)
    }
  }

  /** What the log of that name says; null when it has no readable `partition.metadata`. */
  #topicIdOf(name: string): string | null {
    const { disk, directory } = this.#options
    const bytes = disk.readFile(`${directory}/${name}/${PARTITION_METADATA}`)
    return bytes === null ? null : decodePartitionMetadata(bytes)
  }

  #hasSegments(name: string): boolean {
    const { disk, directory } = this.#options
    return disk.list(`${directory}/${name}`).some((entry) => entry.name.endsWith(LOG_SUFFIX))
  }

  #setAside(name: string): void {
    const { disk, directory, asideNames, logger } = this.#options
    const target = `${directory}/${asideNames.next(name, '-stray')}`
    disk.rename(`${directory}/${name}`, target)
    disk.syncDirectory(directory)
    logger.warn({ directory: target }, 'A log that belongs to no topic is set aside. Remove it if you can do without.')
  }
}
