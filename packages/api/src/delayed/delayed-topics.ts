import type { DelayedPartition } from '@odradek/client'

export interface DelayedTopicRow {
  readonly topic: string
  /** delay: timed messages; retry: those of a group that failed. */
  readonly kind: 'delay' | 'retry'
  /** Of retries: whose. */
  readonly group: string | null
  readonly partitions: number
  readonly waiting: number
  /** Epoch milliseconds; null: nothing waits. */
  readonly nextDue: number | null
  /** What waits and its notes take on disk. */
  readonly bytes: number
  /** False while a broker still reads what waits after its start. */
  readonly isLoaded: boolean
  /** Why what is due is not taken where it should go. */
  readonly refusals: readonly {
    readonly partition: number
    readonly text: string
    readonly sinceMs: number
    readonly attempts: number
  }[]
}

/** By topic: those that are not well first, then those where most waits. */
export function delayedTopics(partitions: readonly DelayedPartition[]): DelayedTopicRow[] {
  const rows = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, parts]): DelayedTopicRow => {
    const dues = parts.flatMap(({ nextDue }) => nextDue ?? [])
    return {
      topic,
      kind: parts.some(({ type }) => type === 'RETRY') ? 'retry' : 'delay',
      group: parts.find(({ group }) => group)?.group ?? null,
      partitions: parts.length,
      waiting: parts.reduce((sum, { waiting }) => sum + waiting, 0),
      nextDue: dues.length === 0 ? null : Math.min(...dues),
      bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
      isLoaded: parts.every((part) => part.isLoaded),
      refusals: parts.flatMap(({ partition, refusals }) =>
        refusals.map(({ text, sinceMs, attempts }) => ({ partition, text, sinceMs, attempts })),
      ),
    }
  })
  return rows.sort(
    (a, b) => b.refusals.length - a.refusals.length || b.waiting - a.waiting || (a.topic < b.topic ? -1 : 1),
  )
}
