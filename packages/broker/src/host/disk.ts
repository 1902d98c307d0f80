/**
 * Files as the log needs them. Writes and reads are synchronous and borrow the caller's buffer; only syncing is
 * asynchronous, because it is the one call that waits for a device.
 *
 * Failures are thrown as errors that carry the system's `code` (`ENOSPC`, `EIO`, `EMFILE` …).
 */

/** Zeros that are written behind bytes, at most (`writeWithZeros`). */
export const ZEROS_BYTES_MAX = 64 * 1024

export interface DiskFile {
  readonly path: string
  /** Bytes in the file. */
  size(): number
  /** Writes `buffer[start, end)` at `position`, all of it or throws. The buffer may be reused at once. */
  write(buffer: Uint8Array, start: number, end: number, position: number): void
  /**
   * The same, and zeros from there up to `zerosTo`, at most ZEROS_BYTES_MAX. False where the disk has no room for all of the
   * zeros: some of them may be there.
   */
  writeWithZeros(buffer: Uint8Array, start: number, end: number, position: number, zerosTo: number): boolean
  /** Reads into `buffer[start, end)` from `position`; returns how many bytes were there (fewer only at the file's end). */
  read(buffer: Uint8Array, start: number, end: number, position: number): number
  truncate(size: number): void
  /**
   * Reserves room on the disk for a range, also past the file's end, which stays where it is: writes there cost less then.
   * `truncate` to the file's size gives back what was not used. False where it was not done; that is no failure.
   */
  reserve(position: number, length: number): boolean
  /**
   * Begins to write a range to the device, off the loop, as far as it is not on its way: a `sync` after it has less to do, but
   * nothing is durable before one. `done` says that it is on its way, or that it cannot be written. False where the system
   * has no such call: nothing is done then.
   */
  startWriteback(position: number, length: number, done: (error: Error | null) => void): boolean
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
  readonly usedBytes: number
  /** Bytes that this user may still fill: less than total − used where the file system keeps some for root. */
  readonly freeBytes: number
}

/** The file system that a path lies on. */
export interface DiskVolume {
  /** The same for all paths on it. */
  readonly id: string
  /** Where whoever is to be alone on it takes a lock: the same for all processes of this machine that share it. */
  readonly lockPath: string
  /** Whether `space` tells of files that were removed only some time later. */
  readonly freesLater: boolean
}

/** A lock that ends with the process that holds it, however that ends. */
export interface DiskLock {
  release(): void
}

/** A sync of all that is on a file system: cheaper than one for each of many files and directories. */
export interface FileSystemSync {
  /**
   * What was done before the call is durable when it resolves, off the loop; rejects where some of it could not be written.
   * That may be another program's, or of a process that was killed: what the file system has in memory of the files that
   * this one found may be what it could not write then, so a second try proves nothing.
   */
  sync(): Promise<void>
  close(): void
}

export interface Disk {
  /** How many files the system lets this process have open, connections included. */
  readonly openFilesMax: number
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
  /** Removes files, off the loop: to free a gigabyte takes tens of milliseconds. Missing ones are no error. */
  removeFiles(paths: readonly string[]): Promise<void>
  /** Removes a directory with all in it, off the loop. */
  removeDirectory(path: string): Promise<void>
  /** Makes creations, renames and removals in a directory durable. */
  syncDirectory(path: string): void
  /** The same off the loop: what was done in the directory before the call is durable when `done(null)` comes. */
  syncDirectoryLater(path: string, done: (error: Error | null) => void): void
  /**
   * Prepares a sync of the file system that a directory lies on: it tells of all that could not be written from now on, and
   * of what could not be before, if nobody was told of that yet. Null where the system has none that does.
   */
  openFileSystemSync(path: string): FileSystemSync | null
  space(path: string): DiskSpace
  volume(path: string): DiskVolume
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
