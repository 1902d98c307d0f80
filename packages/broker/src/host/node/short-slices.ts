import { native } from '@odradek/native'

/** The least that Linux gives. */
const SLICE_NS = 100_000

/**
 * Lets the loop run as soon as there is something to do. Linux wakes up threads where another already runs, even beside an idle
 * processor, and who runs goes on for up to some milliseconds: a thread of V8 that collects garbage or compiles, one that
 * flushes, another process. Among ordinary threads it lets the one with the shorter turns go first (since 6.12, EEVDF), which get
 * no more of the processor by that. For a process that is a broker and nothing else. Measured while clients attacked: most of the
 * slowest hundredth of the requests had waited for a thread of V8 while the other processor was idle.
 * @returns the turn asked for in nanoseconds; null where the system has none to give, or refuses
 */
export function runAtOnce(): number | null {
  return native?.shortenSlice(SLICE_NS) === 0 ? SLICE_NS : null
}
