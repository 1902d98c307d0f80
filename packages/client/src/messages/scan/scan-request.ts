import type { Decoders } from '../filter/cel-filter.ts'
import type { MessageFilter } from '../filter/message-filter.ts'

/** Where a scan begins. `newest` walks back from the end until enough is found. */
export type ScanFrom =
  | { readonly kind: 'newest' }
  | { readonly kind: 'earliest' }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'time'; readonly timestamp: number }

/** Where it ends: what was there at its start, or before an offset or a time (epoch ms), whichever is in the log. */
export type ScanTo =
  | { readonly kind: 'now' }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'time'; readonly timestamp: number }

export interface ScanRequest {
  readonly topic: string
  /** [all] */
  readonly partitions?: readonly number[]
  readonly from: ScanFrom
  readonly to: ScanTo
  readonly filter: MessageFilter
  readonly decoders: Decoders
  /** Whether what was rolled back, or may yet be, is left out. */
  readonly readCommitted: boolean
  /** Rows after which the scan stops; it can be continued. */
  readonly limit: number
  /** Whether rows have whole payloads, not previews [false]. */
  readonly whole?: boolean
  /** Where an earlier scan of the same request stopped. */
  readonly resume?: string
}

/** What of a partition is still to be read: from `start` up to, not including, `end`. */
export interface PartitionRange {
  readonly partition: number
  readonly start: number
  readonly end: number
}

/** Why a scan is over: all was read, enough was found, somebody stopped it, or the cluster failed. */
export type ScanEnd = 'end' | 'limit' | 'stopped' | 'failed'

export interface ScanProgress {
  readonly scanned: number
  readonly matched: number
  /** Bytes of record batches that were fetched. */
  readonly bytes: number
  readonly elapsedMs: number
  /** Offsets between the bounds of what was read, and records in all ranges: how far the scan is. */
  readonly offsetsRead: number
  readonly offsetsTotal: number
  /** Records that the filter could not decide, and why the first could not. */
  readonly undecided: number
  readonly undecidedReason: string | null
  /** What the offsets that hold no record for us were. */
  readonly markers: number
  readonly rolledBack: number
  readonly gone: number
  /** What went wrong without ending the scan, such as a damaged batch. */
  readonly notes: readonly string[]
  /** What is left of each partition. */
  readonly ranges: readonly PartitionRange[]
  readonly end: ScanEnd | null
  readonly failure: string | null
  /** It failed because the cluster was not reached: it may be, a moment later. */
  readonly isAway: boolean
  /** Continues where this was. Null when nothing is left. */
  readonly resume: string | null
}

/** Writes what is left of a scan as text for a URL. */
export function resumeToken(backward: boolean, ranges: readonly PartitionRange[], offsetsTotal: number): string | null {
  const left = ranges.filter(({ start, end }) => start < end)
  if (left.length === 0) return null
  const parts = left.map(({ partition, start, end }) => [partition, start, end].map((n) => n.toString(36)).join('.'))
  return `${backward ? 'b' : 'f'}~${offsetsTotal.toString(36)}~${parts.join('~')}`
}

/** Reads a token. Null for a text that is none. */
export function readResumeToken(
  token: string,
): { readonly backward: boolean; readonly offsetsTotal: number; readonly ranges: PartitionRange[] } | null {
  const [direction, total, ...parts] = token.split('~')
  if (direction !== 'b' && direction !== 'f') return null
  const offsetsTotal = number36(total)
  const ranges: PartitionRange[] = []
  for (const part of parts) {
    const [partition, start, end, rest] = part.split('.').map(number36)
    if (partition === undefined || start === undefined || end === undefined || rest !== undefined) return null
    if (![partition, start, end].every(Number.isSafeInteger) || start > end) return null
    ranges.push({ partition, start, end })
  }
  return Number.isSafeInteger(offsetsTotal) && ranges.length > 0
    ? { backward: direction === 'b', offsetsTotal, ranges }
    : null
}

function number36(text: string | undefined): number {
  return text !== undefined && /^[0-9a-z]{1,11}$/.test(text) ? Number.parseInt(text, 36) : Number.NaN
}
