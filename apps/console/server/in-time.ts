/** How long a page waits for its data before it is sent with skeletons; the browser then asks for itself. */
const PREFETCH_MS_MAX = 400

/**
 * What was asked for, if it comes while the page may wait for it; null if not, or if it failed. What comes too late is told by the
 * signal that nobody waits for it any more.
 */
export async function inTime<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  ms: number = PREFETCH_MS_MAX,
): Promise<T | null> {
  const end = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, ms, null)
  })
  const came = await Promise.race([ask(end.signal).catch(() => null), late])
  clearTimeout(timer)
  end.abort()
  return came
}
