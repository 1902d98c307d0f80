import fs from 'node:fs'
import { release } from 'node:os'
import { native } from '@odradek/native'
import type { FileSystemSync } from '../disk.ts'

/** From this Linux on `syncfs` tells of what could not be written. */
const LINUX_MIN = [5, 8] as const
/** Of those that do, by their magic numbers (statfs(2)); ones that lie upon others may not pass on what those could not write. */
const TELLING = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // xfs
  0x9123683e, // btrfs
  0x01021994, // tmpfs
])

/** Opens `path` for `syncfs`; null where the system has none that tells of failures. */
export function openFileSystemSync(path: string): FileSystemSync | null {
  if (native === null || process.platform !== 'linux' || !isAtLeast(release())) return null
  if (!TELLING.has(fs.statfsSync(path).type)) return null
  const { syncFileSystem } = native
  const descriptor = fs.openSync(path, fs.constants.O_RDONLY)
  return {
    sync: async () => {
      const result = await syncFileSystem(descriptor)
      if (result < 0) throw failure(path, result)
    },
    close: () => fs.closeSync(descriptor),
  }
}

function failure(path: string, errno: number): Error {
  const code = errno === -native!.errno.ENOSPC ? 'ENOSPC' : 'EIO'
  const message =
    `${code}: syncfs '${path}' failed (errno ${-errno}): ` +
    'something on its file system could not be written, now or since it was last asked'
  return Object.assign(new Error(message), { code, errno, path })
}

function isAtLeast(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > LINUX_MIN[0] || (major === LINUX_MIN[0] && minor >= LINUX_MIN[1])
}
