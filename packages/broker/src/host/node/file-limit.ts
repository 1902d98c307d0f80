import { readFileSync } from 'node:fs'
import { native } from '@odradek/native'

/** What a broker with many connections and partitions asks for. */
const FILES_WANTED = 1_048_576

/**
 * Raises the process' limit on open files (sockets count as such) as far as the system lets it. Returns what it is then, 0
 * where that is not known.
 */
export function raiseFileLimit(): number {
  if (native !== null) return native.raiseFileLimit(FILES_WANTED)
  try {
    // Node itself has raised the soft limit to the hard one.
    const [, soft = '0'] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? []
    return Number(soft)
  } catch {
    return 0
  }
}
