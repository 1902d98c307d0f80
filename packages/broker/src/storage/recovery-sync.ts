/**
 * One sync of the file system for all that the recovery of many logs writes, in place of several for each: between `begin` and
 * `end` logs are opened, and none of them is used.
 */
import type { Disk, FileSystemSync } from '../host/disk.ts'

export class RecoverySync {
  readonly #disk: Disk
  readonly #directory: string
  #sync: FileSystemSync | null = null

  constructor(disk: Disk, directory: string) {
    this.#disk = disk
    this.#directory = directory
  }

  /** Whether who opens a log leaves its syncs to this. */
  get isUnderWay(): boolean {
    return this.#sync !== null
  }

  /** Throws I/O errors. */
  begin(): void {
    this.#sync = this.#disk.openFileSystemSync(this.#directory)
  }

  /** What was written since is durable when it resolves; not where `isWanted` is false. Rejects with I/O errors. */
  async end(isWanted: boolean): Promise<void> {
    const sync = this.#sync
    if (sync === null) return
    this.#sync = null
    try {
      if (isWanted) await sync.sync()
    } finally {
      sync.close()
    }
  }

  /** Nobody waits for it any more. */
  abandon(): void {
    this.#sync?.close()
    this.#sync = null
  }
}
