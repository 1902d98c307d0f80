import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** The addon's functions. Results below zero are -errno (see `errno`), above or at zero what was asked for. */
export interface Native {
  /** The CRC-32C of `buffer[start, end)`, unsigned. */
  crc32c(buffer: Uint8Array, start: number, end: number): number
  /**
   * The greatest timestamp (ms; -1 where all are missing) of the `count` uncompressed records that fill `buffer[start, end)`,
   * or NaN where not all is plainly well with them: who wants to know what is wrong walks them again.
   */
  walkRecords(
    buffer: Uint8Array,
    start: number,
    end: number,
    count: number,
    baseTimestamp: number,
    earliest: number,
    latest: number,
    keysRequired: boolean,
  ): number
  /** Sends bytes of a file to a socket, both as descriptors; how many went, 0 where the file ends before `position`. */
  sendfile(socket: number, file: number, position: number, length: number): number
  /** Bytes of `buffer[start, end)` that a socket takes at once. */
  send(socket: number, buffer: Uint8Array, start: number, end: number): number
  /**
   * Writes `buffer[start, end)` at `position` of a file, and zeros from where that ends up to `zerosTo` (0: none), as one piece;
   * how many bytes of both were written: fewer where an error came after those.
   */
  write(file: number, buffer: Uint8Array, start: number, end: number, position: number, zerosTo: number): number
  /** Reserves blocks for a range of a file; its size stays. */
  fallocate(file: number, position: number, length: number): number
  /** Reads what is in memory into `buffer[start, end)`; -EAGAIN where reading would wait for the disk. */
  readCached(file: number, buffer: Uint8Array, start: number, end: number, position: number): number
  /** Whether reading the range would not wait for the disk; true where the system cannot say. */
  isCached(file: number, position: number, length: number): boolean
  /**
   * Resolves, when all that is on the file system of an open file is durable, to 0; or to -errno. Linux tells from 5.8 on of
   * everything that it could not write since the file was opened.
   */
  syncFileSystem(file: number): Promise<number>
  /** Resolves to 0 when a range of a file is on its way to the disk, which says nothing of its arrival; or to -errno. */
  startWriteback(file: number, position: number, length: number): Promise<number>
  /** How many files the process may have open, after raising that towards `wanted` where it may; 0: not known. */
  raiseFileLimit(wanted: number): number
  /**
   * Gives the calling thread turns of so many nanoseconds (100,000 to 100,000,000), without changing its share of the processor:
   * when it wakes up it goes before threads with longer ones. 0, also where Linux is older than 6.12 and ignores it; -EOPNOTSUPP
   * where the thread was given another policy than the ordinary one. What it starts afterwards has what others have.
   */
  shortenSlice(nanoseconds: number): number
  readonly errno: {
    readonly EAGAIN: number
    readonly ENOSYS: number
    readonly EOPNOTSUPP: number
    readonly ENOSPC: number
    readonly EINVAL: number
  }
}

const FUNCTIONS = [
  'crc32c',
  'walkRecords',
  'sendfile',
  'send',
  'write',
  'fallocate',
  'readCached',
  'isCached',
  'syncFileSystem',
  'startWriteback',
  'raiseFileLimit',
  'shortenSlice',
] as const satisfies readonly Exclude<keyof Native, 'errno'>[]

/** The addon, or null where it was not built or is older than this file, or `ODRADEK_NATIVE=off` says to do without. */
export const native: Native | null = load()

function load(): Native | null {
  if (process.env.ODRADEK_NATIVE === 'off') return null
  const path = join(import.meta.dirname, '..', 'build', 'addon.node')
  if (!existsSync(path)) return null
  try {
    const addon = createRequire(import.meta.url)(path) as Partial<Native>
    // One that was built before a function came is of no use: the set-up builds it again.
    return FUNCTIONS.every((name) => typeof addon[name] === 'function') ? (addon as Native) : null
  } catch {
    // Built for another machine or another libc.
    return null
  }
}
