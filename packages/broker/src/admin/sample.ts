/** One value of a metric. */
export interface Sample {
  readonly value: number
  readonly labels: Readonly<Record<string, string>>
  /** Where it is not the metric's own: `_bucket`, `_sum`, `_count`. */
  readonly metricName?: string
}
