import { readFileSync } from 'node:fs'
import { native } from '@odradek/native'

/** What a broker with many connections and partitions asks for. */
const FILES_WANTED = 1_048_576

/**
 * Raises the process' limit on open files (sockets count as such) as far as the system lets it. Returns what it is then, 0
 * where that is not known.
 */
export function raiseFileLimit(): number {
  // Without the addon: Node itself has raised the soft limit to the hard one.
  return native !== null ? native.raiseFileLimit(FILES_WANTED) : openFilesLimit()
}

/** The process' limit on open files, 0 where that is not known. */
export function openFilesLimit(): number {
  try {
    const [, soft = '0'] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? []
    return Number(soft)
  } catch {
    return 0
  }
}
