/**
 * `log-directories.json` in the first data directory: which others were in use with it. One of them that has no
 * meta.properties any more is not new: its disk is not mounted, or was replaced. Begun anew, all logs in it would be empty.
 */
import type { Disk } from '../host/disk.ts'

const NAME = 'log-directories.json'

/** Data directories by path, with their `directory.id`. */
export type KnownDirectories = ReadonlyMap<string, string>

/** What the first directory knows; nothing where it has no such file, or one that says nothing. */
export function readKnownDirectories(disk: Disk, first: string): KnownDirectories {
  const bytes = disk.readFile(pathIn(first))
  const known = new Map<string, string>()
  if (bytes === null) return known
  try {
    const value: unknown = JSON.parse(bytes.toString())
    for (const [path, id] of Object.entries(value as object)) if (typeof id === 'string') known.set(path, id)
  } catch {
    // What it said is not known; it is written anew.
  }
  return known
}

/** Writes what is in use now, where that is not what is known. A single directory has nobody to know. */
export function writeKnownDirectories(
  disk: Disk,
  first: string,
  before: KnownDirectories,
  now: KnownDirectories,
): void {
  const isSame = before.size === now.size && [...now].every(([path, id]) => before.get(path) === id)
  if (isSame || (now.size <= 1 && before.size === 0)) return
  disk.replaceFile(pathIn(first), `${JSON.stringify(Object.fromEntries(now), null, 2)}\n`)
}

/** Why `path` is not to be used, null where it may be. */
export function missingDirectory(disk: Disk, path: string, first: string, known: KnownDirectories): Error | null {
  if (!known.has(path) || disk.exists(`${path}/meta.properties`)) return null
  return new Error(
    `${path} has no meta.properties, and was in use before: is its disk mounted? If the disk was replaced, and what was ` +
      `on it is to be done without, take ${path} out of ${pathIn(first)} and start again.`,
  )
}

function pathIn(first: string): string {
  return `${first}/${NAME}`
}
