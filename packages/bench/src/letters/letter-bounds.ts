/** What the figures of dead letters are held against; whoever misses one ends with exit code 1. */
import type { DeadLettersResult } from './measure-dead-letters.ts'
import type { OverviewResult } from './measure-overview.ts'
import type { ScanMemory } from './scan-memory.ts'

const RESENT_PER_SECOND_MIN = 5_000
const FACETS_MS_MAX = 3_000
const FIRST_FACETS_MS_MAX = 1_000
const OVERVIEW_MS_MAX = 1_000
/** Of what is resident: the most in the second half of a scan, over the most in the first. */
const GROWTH_MAX = 1.1

/** The bounds that are missed, each as a sentence; of rows that were not measured nothing is said. */
export function missedLetterBounds(results: {
  readonly deadLetters: DeadLettersResult | null
  readonly overview: OverviewResult | null
  readonly letterScan: ScanMemory | null
}): string[] {
  const { deadLetters, overview, letterScan } = results
  const missed: string[] = []
  const hold = (what: string, value: number, bound: number, isHeld: boolean) => {
    if (!isHeld) missed.push(`${what}: ${value.toFixed(2)}, held against ${bound}`)
  }
  const atMost = (what: string, value: number, bound: number) => hold(what, value, bound, value <= bound)
  if (deadLetters !== null) {
    const { resentPerSecond, facetsMs, firstFacetsMs, letters } = deadLetters
    const perSecond = resentPerSecond.median
    hold('letters sent again per second', perSecond, RESENT_PER_SECOND_MIN, perSecond >= RESENT_PER_SECOND_MIN)
    atMost(`counting ${letters} letters, ms`, facetsMs.median, FACETS_MS_MAX)
    atMost('until the first are counted, ms', firstFacetsMs.median, FIRST_FACETS_MS_MAX)
  }
  if (overview !== null) {
    atMost('the first overview of dead letters, ms', overview.firstMs.median, OVERVIEW_MS_MAX)
    atMost('the overview of dead letters, ms', overview.againErrorsMs.median, OVERVIEW_MS_MAX)
  }
  if (letterScan !== null) {
    const { megabytes } = letterScan
    const half = megabytes.length / 2
    const growth = Math.max(...megabytes.slice(half)) / Math.max(...megabytes.slice(0, half))
    atMost('memory of a scan, second half over first', growth, GROWTH_MAX)
  }
  return missed
}
