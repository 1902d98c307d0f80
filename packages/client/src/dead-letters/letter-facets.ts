/** Counts the letters that match by error, origin, attempts, time and state, telling how far it is as it goes. */
import type { MessageSource } from '../messages/scan/message-source.ts'
import type { ScanProgress } from '../messages/scan/scan-request.ts'
import { type LetterScanRequest, visitLetters } from './scan-letters.ts'

export interface FacetCount {
  /** null: it does not say. */
  readonly value: string | null
  readonly count: number
}

export interface LetterFacets {
  readonly letters: number
  /** The most frequent first, at most 100 of each. */
  readonly errorClasses: readonly FacetCount[]
  readonly originTopics: readonly FacetCount[]
  readonly attempts: readonly FacetCount[]
  readonly states: readonly FacetCount[]
  /** How many became letters in each interval; null without any. */
  readonly times: { readonly startMs: number; readonly widthMs: number; readonly counts: readonly number[] } | null
  /** Letters looked at, and offsets there are. */
  readonly scanned: number
  readonly total: number
  readonly isDone: boolean
}

const VALUES_MAX = 100
/** Different values that are counted; what else there is counts as one. */
const DIFFERENT_MAX = 10_000
const OTHERS = '…'
const INTERVALS = 48
const FINE_MS = 60_000

/** `give` gets what is counted so far, a few times a second, and all of it at the end. Ranges and limit of a row count do not matter. */
export async function facetLetters(
  source: MessageSource,
  request: Omit<LetterScanRequest, 'limit' | 'resume'>,
  give: (facets: LetterFacets) => void,
  signal: AbortSignal,
): Promise<LetterFacets> {
  const errorClasses = new Map<string | null, number>()
  const originTopics = new Map<string | null, number>()
  const attempts = new Map<string | null, number>()
  const states = new Map<string | null, number>()
  /** By minute. */
  const times = new Map<number, number>()
  let letters = 0
  const facets = (progress: ScanProgress): LetterFacets => ({
    letters,
    errorClasses: most(errorClasses),
    originTopics: most(originTopics),
    attempts: most(attempts),
    states: most(states),
    times: intervals(times),
    scanned: progress.scanned,
    total: progress.offsetsTotal,
    isDone: progress.end === 'end',
  })
  const progress = await visitLetters(
    source,
    // Backwards, letters are made into rows first.
    {
      ...request,
      from: request.from.kind === 'newest' ? { kind: 'earliest' } : request.from,
      limit: Number.MAX_SAFE_INTEGER,
    },
    ({ timestamp }, _, brief, state) => {
      letters++
      add(errorClasses, brief.errorClass)
      add(originTopics, brief.originTopic)
      add(attempts, String(brief.retries))
      add(states, state.kind)
      const minute = Math.floor(timestamp / FINE_MS)
      times.set(minute, (times.get(minute) ?? 0) + 1)
      return false
    },
    { rows: () => {}, progress: (seen) => give(facets(seen)) },
    signal,
  )
  if (progress.failure !== null) throw new Error(progress.failure)
  return facets(progress)
}

function add(counts: Map<string | null, number>, value: string | null): void {
  const name = counts.size < DIFFERENT_MAX || counts.has(value) ? value : OTHERS
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

function most(counts: ReadonlyMap<string | null, number>): FacetCount[] {
  const sorted = [...counts].sort(([, one], [, other]) => other - one)
  return sorted.slice(0, VALUES_MAX).map(([value, count]) => ({ value, count }))
}

function intervals(minutes: ReadonlyMap<number, number>): LetterFacets['times'] {
  if (minutes.size === 0) return null
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  for (const minute of minutes.keys()) {
    first = Math.min(first, minute)
    last = Math.max(last, minute)
  }
  const width = Math.max(1, Math.ceil((last - first + 1) / INTERVALS))
  const counts = new Array<number>(Math.ceil((last - first + 1) / width)).fill(0)
  for (const [minute, count] of minutes) counts[Math.floor((minute - first) / width)]! += count
  return { startMs: first * FINE_MS, widthMs: width * FINE_MS, counts }
}
