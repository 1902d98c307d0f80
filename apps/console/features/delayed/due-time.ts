import { parseTime } from '../../lib/times.ts'

/**
 * What someone typed as a moment to come: `in 2h`, `+30m`, `2 h 后`, or whatever `parseTime` takes as a moment.
 * @returns milliseconds since the epoch, or null where it is none of these
 */
export function parseDue(text: string, zone: string, now: number): number | null {
  const trimmed = text.trim()
  const ahead = /^(?:in\s+|\+\s*)(\d.*)$/i.exec(trimmed)?.[1] ?? /^(\d.*?)\s*后$/.exec(trimmed)?.[1]
  if (ahead === undefined) return parseTime(trimmed, zone, now)
  const ago = parseTime(ahead, zone, now)
  return ago === null ? null : now + (now - ago)
}
