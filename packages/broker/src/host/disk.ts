/**
 * Files as the log needs them. Writes and reads are synchronous and borrow the caller's buffer; only syncing is
 * asynchronous, because it is the one call that waits for a device.
 *
 * Failures are thrown as errors that carry the system's `code` (`ENOSPC`, `EIO`, `EMFILE` …).
 */
export interface DiskFile {
  readonly path: string
  /** Bytes in the file. */
  size(): number
  /** Writes `buffer[start, end)` at `position`, all of it or throws. The buffer may be reused at once. */
  write(buffer: Uint8Array, start: number, end: number, position: number): void
  /** Reads into `buffer[start, end)` from `position`; returns how many bytes were there (fewer only at the file's end). */
  read(buffer: Uint8Array, start: number, end: number, position: number): number
  truncate(size: number): void
  /**
   * Reserves room on the disk for a range, also past the file's end, which stays where it is: writes there cost less then.
   * `truncate` to the file's size gives back what was not used. False where it was not done; that is no failure.
   */
  reserve(position: number, length: number): boolean
  /** fdatasync off the loop. What was written before the call is durable when `done(null)` comes. */
  sync(done: (error: Error | null) => void): void
  /** fdatasync, blocking: for start, shutdown and rare metadata. */
  syncNow(): void
  close(): void
}

export interface DiskEntry {
  readonly name: string
  readonly isDirectory: boolean
}

export interface DiskSpace {
  readonly totalBytes: number
  readonly freeBytes: number
}

/** A lock that ends with the process that holds it, however that ends. */
export interface DiskLock {
  release(): void
}

export interface Disk {
  /** Opens a file: `read` and `write` want it to exist, `create` makes it where it does not. */
  open(path: string, mode: 'read' | 'write' | 'create'): DiskFile
  exists(path: string): boolean
  /** Bytes in a file, without opening it. */
  fileSize(path: string): number
  /** Makes a directory and its parents. */
  makeDirectory(path: string): void
  /** Entries of a directory, sorted by name. */
  list(path: string): DiskEntry[]
  /** Moves a file or a directory over what is there; atomic, durable after `syncDirectory`. */
  rename(from: string, to: string): void
  /** Removes a file; a missing one is no error. */
  remove(path: string): void
  /** Removes a directory with all in it, off the loop. */
  removeDirectory(path: string): Promise<void>
  /** Makes creations, renames and removals in a directory durable. */
  syncDirectory(path: string): void
  space(path: string): DiskSpace
  /**
   * Takes the lock at `path`, or returns null when another holder (this process or another) has it. The file is the
   * lock's alone: opening it in any other way could end the lock.
   */
  lock(path: string): DiskLock | null
  /** The whole of a small file, or null where it does not exist. */
  readFile(path: string): Buffer | null
  /** Replaces a small file atomically and durably: temporary file, sync, rename, directory sync. */
  replaceFile(path: string, contents: Uint8Array | string): void
}
