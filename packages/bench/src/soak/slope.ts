/** The median; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Theil and Sen's slope of values that are one step apart: the median of the slopes between all pairs. 0 for fewer than two. */
export function slope(values: readonly number[]): number {
  const slopes: number[] = []
  for (let left = 0; left < values.length; left += 1) {
    for (let right = left + 1; right < values.length; right += 1) {
      slopes.push((values[right]! - values[left]!) / (right - left))
    }
  }
  return slopes.length === 0 ? 0 : median(slopes)
}
