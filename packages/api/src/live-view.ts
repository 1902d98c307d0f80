/** What a page shows, sent anew whenever it has changed. */
import type { ClusterSampler } from './sampling/cluster-sampler.ts'

/**
 * Loads a view after each look at the cluster, and yields it where it is not what was yielded last. null: it cannot be had at the
 * moment; whoever shows it asks for it the usual way, and is told why.
 */
export async function* liveView<T>(
  sampler: ClusterSampler,
  signal: AbortSignal | undefined,
  load: () => Promise<T>,
): AsyncGenerator<T | null> {
  let last = ''
  for await (const _ of sampler.looks(signal)) {
    const view = await load().catch(() => null)
    const text = JSON.stringify(view)
    if (text === last) continue
    last = text
    yield view
  }
}
