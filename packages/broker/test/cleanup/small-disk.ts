/**
 * A small disk for tests that fill it: a file system of its own in memory, where this user may mount one; elsewhere a
 * directory of the real file system that takes no more than so many bytes (also with ODRADEK_TEST_NO_MOUNT=1).
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Disk, DiskSpace } from '../../src/host/disk.ts'
import type { Host } from '../../src/host/host.ts'
import { createNodeHost } from '../../src/host/node/node-host.ts'

export interface SmallDisk extends Disposable {
  readonly path: string
  /** Set where it is a directory that must not have more. */
  readonly bytesMax: number | null
  space(): DiskSpace
}

export function smallDisk(bytes: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'odradek-small-disk-'))
  const isMounted =
    process.env.ODRADEK_TEST_NO_MOUNT !== '1' && run('mount', '-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path)
  const bytesMax = isMounted ? null : bytes
  const { disk } = hostOn(path, bytesMax)
  const release = () => {
    if (isMounted) run('umount', '--lazy', path)
    rmSync(path, { recursive: true, force: true })
  }
  // Also where a test ends its process.
  process.once('exit', release)
  return {
    path,
    bytesMax,
    space: () => disk.space(path),
    [Symbol.dispose]() {
      process.off('exit', release)
      release()
    },
  }
}

function run(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}

/** This machine, on which `path` is a disk of its own that takes `bytesMax` bytes; as it is where that is null. */
export function hostOn(path: string, bytesMax: number | null): Host {
  const host = createNodeHost()
  return bytesMax === null ? host : { ...host, disk: limited(host.disk, path, bytesMax) }
}

function limited(disk: Disk, root: string, bytesMax: number): Disk {
  const open: Disk['open'] = (path, mode) => {
    const file = disk.open(path, mode)
    const write = file.write.bind(file)
    file.write = (buffer, start, end, position) => {
      const grows = Math.max(0, position + end - start - file.size())
      if (grows > 0 && bytesBelow(root) + grows > bytesMax)
        throw Object.assign(new Error(`ENOSPC: no space left on device, write '${path}'`), { code: 'ENOSPC' })
      write(buffer, start, end, position)
    }
    // What is reserved is not in a file's size.
    file.reserve = () => false
    return file
  }
  const space = (path: string): DiskSpace => {
    disk.space(path)
    const usedBytes = Math.min(bytesBelow(root), bytesMax)
    return { totalBytes: bytesMax, usedBytes, freeBytes: bytesMax - usedBytes }
  }
  const volume = () => ({
    id: `below ${root}`,
    lockPath: join(root, '.odradek-cleaner.lock'),
    freesLater: false,
  })
  return Object.assign(Object.create(disk) as Disk, { open, space, volume })
}

function bytesBelow(directory: string): number {
  let bytes = 0
  for (const { name, parentPath } of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    try {
      const status = statSync(join(parentPath, name))
      if (status.isFile()) bytes += status.size
    } catch (error) {
      // Gone meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  return bytes
}
