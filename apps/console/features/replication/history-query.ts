import { createLoader, parseAsInteger, parseAsString, parseAsStringLiteral } from 'nuqs/server'

export const historyKinds = ['all', 'isr', 'leaders', 'brokers', 'controllers', 'moves'] as const

/** What the URL of the history says. */
export const historyQueryParsers = {
  topic: parseAsString.withDefault(''),
  partition: parseAsInteger,
  broker: parseAsInteger,
  kind: parseAsStringLiteral(historyKinds).withDefault('all'),
  before: parseAsInteger,
}

export const loadHistoryQuery = createLoader(historyQueryParsers)
export type HistoryQuery = Awaited<ReturnType<typeof loadHistoryQuery>>

const kindsOf = {
  isr: ['isrShrunk', 'isrExpanded'],
  leaders: ['leaderElected', 'leaderLost'],
  brokers: ['brokerUp', 'brokerStopping', 'brokerDown'],
  controllers: ['controllerElected', 'controllerLost'],
  moves: ['reassignmentBegun', 'reassignmentDone', 'reassignmentCancelled'],
} as const

export function historyQueryInput(cluster: string, { topic, partition, broker, kind, before }: HistoryQuery) {
  const whole = (number: number | null, max: number) => number !== null && number >= 0 && number <= max
  return {
    cluster,
    before: whole(before, Number.MAX_SAFE_INTEGER) ? before : null,
    limit: 100,
    ...(topic.trim() !== '' && { topic: topic.trim().slice(0, 1000) }),
    ...(topic.trim() !== '' && whole(partition, 1_000_000) && { partition: partition! }),
    ...(whole(broker, 2 ** 31 - 1) && { broker: broker! }),
    ...(kind !== 'all' && { kinds: [...kindsOf[kind]] }),
  }
}
