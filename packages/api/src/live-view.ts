/** What a page shows, sent anew whenever it has changed. */
import { setTimeout } from 'node:timers/promises'
import type { ClusterSampler } from './sampling/cluster-sampler.ts'

/** Looks may be half a minute apart where they take long; what is shown is not older than this. */
const AGE_MS_MAX = 5000

export interface Pace {
  /** What is shown is not older than this [5 s]. */
  readonly ageMsMax?: number
  /** What is dear to load is left alone for so long after each time [0]. */
  readonly restMs?: number
  /** Counts what is done here that changes the view: where it has grown there is no rest. */
  readonly changes?: () => number
}

/** Beats after each look at the cluster, and where looks are further apart than `ageMsMax` in between, until `signal` ends it. */
export async function* beats(
  sampler: Pick<ClusterSampler, 'looks'>,
  signal: AbortSignal | undefined,
  ageMsMax = AGE_MS_MAX,
): AsyncGenerator<void> {
  const looks = sampler.looks(signal)
  let look = looks.next()
  try {
    for (;;) {
      const ended = new AbortController()
      const late = setTimeout(ageMsMax, null, { signal: ended.signal }).catch(() => null)
      const came = await Promise.race([look, late])
      ended.abort()
      if (came?.done) return
      if (came) look = looks.next()
      yield
    }
  } finally {
    // Not awaited: it waits for the look that is awaited, which `signal` ends.
    void looks.return(undefined)
  }
}

/**
 * Loads a view at each beat, and yields it where it is not what was yielded last. null: it cannot be had at the moment; whoever shows it
 * asks for it the usual way, and is told why.
 */
export async function* liveView<T>(
  sampler: Pick<ClusterSampler, 'looks'>,
  signal: AbortSignal | undefined,
  load: () => Promise<T>,
  { ageMsMax, restMs = 0, changes = () => 0 }: Pace = {},
): AsyncGenerator<T | null> {
  let last = ''
  let loadedAtMs = Number.NEGATIVE_INFINITY
  let seen = 0
  for await (const _ of beats(sampler, signal, ageMsMax)) {
    const now = changes()
    if (now === seen && performance.now() - loadedAtMs < restMs) continue
    seen = now
    loadedAtMs = performance.now()
    const view = await load().catch(() => null)
    const text = JSON.stringify(view)
    if (text === last) continue
    last = text
    yield view
  }
}
