import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { DiskVolume } from '../disk.ts'

/** XFS, Btrfs, ZFS: `statfs` counts what was removed as used until it is worked off. */
const TRANSACTIONAL: ReadonlySet<number> = new Set([0x58465342, 0x9123683e, 0x2fc12fc1])
const LOCK_NAME = '.odradek-cleaner.lock'

/**
 * The file system that `path` lies on. Its lock lies where it is mounted, so that also containers that share nothing but a
 * volume find it; on the root file system, or where nothing may be written there, in the machine's directory for temporary
 * files.
 */
export function volumeOf(path: string): DiskVolume {
  const { dev } = fs.statSync(path)
  const id = dev.toString(16)
  const mountPoint = mountPointOf(resolve(path), dev)
  const isOurs = mountPoint !== '/' && isWritable(mountPoint)
  const freesLater = TRANSACTIONAL.has(fs.statfsSync(path).type)
  return {
    id,
    freesLater,
    lockPath: isOurs ? join(mountPoint, LOCK_NAME) : join(tmpdir(), `odradek-cleaner-${id}.lock`),
  }
}

/** The topmost directory above `path` that is on the same device. */
function mountPointOf(path: string, dev: number): string {
  const parent = dirname(path)
  return parent === path || fs.statSync(parent).dev !== dev ? path : mountPointOf(parent, dev)
}

function isWritable(directory: string): boolean {
  try {
    fs.accessSync(directory, fs.constants.W_OK)
    return true
  } catch {
    return false
  }
}
