/**
 * Node has no flock or fcntl. SQLite, which it brings along, takes fcntl locks on the file of a database that is opened
 * exclusively: they end with the process however it ends, and a second holder is refused in the same process too. With
 * its journal in memory and nothing written the file stays empty, and a lock can be taken on a disk that is full. (OFF
 * would not do: Node opens databases in defensive mode, in which SQLite ignores it and writes a journal.)
 *
 * Closing any descriptor of a file ends all fcntl locks that the process has on it, so nothing else may open it.
 */
import fs from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { DiskLock } from '../disk.ts'

const SQLITE_BUSY = 5

/** A database that is collected as garbage is closed, which would end its lock. */
const held = new Set<DatabaseSync>()

/** Takes the lock at `path`, creating an empty file there, or returns null when another holder has it. */
export function lockFile(path: string): DiskLock | null {
  // Says ENOENT or EACCES where SQLite would only say that it cannot open the file.
  fs.accessSync(dirname(path), fs.constants.W_OK)
  // Loaded only here: a broker has to start fast, and tools that take no lock never need it.
  const sqlite = createRequire(import.meta.url)('node:sqlite') as typeof import('node:sqlite')
  const database = new sqlite.DatabaseSync(path)
  try {
    database.exec('PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return null
    throw error
  }
  held.add(database)
  return {
    release() {
      if (held.delete(database)) database.close()
    },
  }
}
