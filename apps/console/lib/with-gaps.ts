/** So many times the usual distance between two points nobody looked: the console slept, or the cluster was away. */
const USUAL_MAX = 6

/**
 * Values over time with a gap, null, wherever nobody looked for long: a line across it would tell what was not seen. A gap takes the
 * place of the point that ends it, so that there are as many values as before; the newest stays, for it is told in figures.
 */
export function withGaps(times: readonly number[], values: readonly (number | null)[]): readonly (number | null)[] {
  const steps = times.slice(1).map((at, n) => at - times[n]!)
  const usual = steps.toSorted((a, b) => a - b)[steps.length >> 1]
  if (usual === undefined || steps.length < 3 || steps.every((step) => step <= usual * USUAL_MAX)) return values
  return values.map((value, n) => (n > 0 && n < values.length - 1 && steps[n - 1]! > usual * USUAL_MAX ? null : value))
}
