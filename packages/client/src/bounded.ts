import { setTimeout } from 'node:timers/promises'

/** Runs `work` on every item, at most `limit` at a time, and returns the results in order. The first failure rejects. */
export async function mapBounded<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length)
  let next = 0
  const run = async () => {
    while (next < items.length) {
      const index = next++
      results[index] = await work(items[index]!, index)
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, run))
  return results
}

/** `items` in runs of at most `size`. */
export function chunks<T>(items: readonly T[], size: number): T[][] {
  const runs: T[][] = []
  for (let at = 0; at < items.length; at += size) runs.push(items.slice(at, at + size))
  return runs
}

/** Waits for so long, or until `signal`. Nothing of it stays with the signal: who waits again and again by one adds nothing up. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await setTimeout(ms, null, { signal }).catch(() => {})
}

/** What `asked` gives, or an error when it takes longer: for a broker that hangs, and whom others need not wait for. */
export async function inTime<T>(asked: Promise<T>, ms: number): Promise<T> {
  const ended = new AbortController()
  const late = setTimeout(ms, null, { signal: ended.signal }).then(() => {
    throw new Error(`It does not answer within ${ms / 1000} s.`)
  })
  // The one that comes second is nobody's any more.
  for (const each of [asked, late]) each.catch(() => {})
  try {
    return await Promise.race([asked, late])
  } finally {
    ended.abort()
  }
}
