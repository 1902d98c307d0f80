import fs from 'node:fs'
import { dirname } from 'node:path'
import type { Disk, DiskEntry, DiskFile, DiskLock, DiskSpace, DiskVolume, FileSystemSync } from '../disk.ts'
import { NodeFile } from './file.ts'
import { openFilesLimit } from './file-limit.ts'
import { lockFile } from './file-lock.ts'
import { openFileSystemSync } from './file-system-sync.ts'
import { queueSync } from './sync-queue.ts'
import { volumeOf } from './volume.ts'

const OPEN_FLAGS = {
  read: fs.constants.O_RDONLY,
  write: fs.constants.O_RDWR,
  create: fs.constants.O_RDWR | fs.constants.O_CREAT,
}

/** The machine's file system. */
export function createNodeDisk(): Disk {
  return new NodeDisk()
}

class NodeDisk implements Disk {
  /** Syncs of directories that have not begun: they are of all that was done until they do, and need be made once. */
  readonly #waitingSyncs = new Map<string, ((error: Error | null) => void)[]>()

  get openFilesMax(): number {
    return openFilesLimit() || Number.POSITIVE_INFINITY
  }

  open(path: string, mode: 'read' | 'write' | 'create'): DiskFile {
    return new NodeFile(path, fs.openSync(path, OPEN_FLAGS[mode], 0o644))
  }

  exists(path: string): boolean {
    return fs.existsSync(path)
  }

  fileSize(path: string): number {
    return fs.statSync(path).size
  }

  makeDirectory(path: string): void {
    // One by one: Node's recursive mkdir never ends where a parent exists and refuses entries with ENOENT (/proc).
    if (fs.existsSync(path) && fs.statSync(path).isDirectory()) return
    const parent = dirname(path)
    if (parent !== path) this.makeDirectory(parent)
    try {
      fs.mkdirSync(path)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EEXIST' || !fs.statSync(path).isDirectory()) throw error
    }
  }

  list(path: string): DiskEntry[] {
    const entries = fs.readdirSync(path, { withFileTypes: true })
    return entries
      .map((entry) => ({ name: entry.name, isDirectory: entry.isDirectory() }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  rename(from: string, to: string): void {
    fs.renameSync(from, to)
    // There may be another directory of that name soon, for which the sync that waits does nothing.
    this.#waitingSyncs.delete(from)
    this.#waitingSyncs.delete(to)
  }

  remove(path: string): void {
    try {
      fs.unlinkSync(path)
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }

  async removeFiles(paths: readonly string[]): Promise<void> {
    // One after the other: the thread pool has other work, too.
    for (const path of paths) await fs.promises.rm(path, { force: true })
  }

  removeDirectory(path: string): Promise<void> {
    this.#waitingSyncs.delete(path)
    return fs.promises.rm(path, { recursive: true, force: true })
  }

  syncDirectory(path: string): void {
    const descriptor = fs.openSync(path, fs.constants.O_RDONLY)
    try {
      fs.fsyncSync(descriptor)
    } finally {
      fs.closeSync(descriptor)
    }
  }

  syncDirectoryLater(path: string, done: (error: Error | null) => void): void {
    const waiting = this.#waitingSyncs.get(path)
    if (waiting !== undefined) {
      waiting.push(done)
      return
    }
    const descriptor = fs.openSync(path, fs.constants.O_RDONLY)
    const sharing = [done]
    this.#waitingSyncs.set(path, sharing)
    queueSync(
      (landed) => {
        if (this.#waitingSyncs.get(path) === sharing) this.#waitingSyncs.delete(path)
        fs.fsync(descriptor, landed)
      },
      (error) => {
        fs.closeSync(descriptor)
        for (const done of sharing) done(error)
      },
    )
  }

  openFileSystemSync(path: string): FileSystemSync | null {
    return openFileSystemSync(path)
  }

  space(path: string): DiskSpace {
    const { blocks, bfree, bavail, bsize } = fs.statfsSync(path)
    return { totalBytes: blocks * bsize, usedBytes: (blocks - bfree) * bsize, freeBytes: bavail * bsize }
  }

  volume(path: string): DiskVolume {
    return volumeOf(path)
  }

  lock(path: string): DiskLock | null {
    return lockFile(path)
  }

  readFile(path: string): Buffer | null {
    try {
      return fs.readFileSync(path)
    } catch (error) {
      if (isMissing(error)) return null
      throw error
    }
  }

  replaceFile(path: string, contents: Uint8Array | string): void {
    const temporary = `${path}.tmp`
    fs.writeFileSync(temporary, contents, { flush: true })
    fs.renameSync(temporary, path)
    this.syncDirectory(dirname(path))
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}
