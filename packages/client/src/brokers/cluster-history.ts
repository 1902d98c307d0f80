/** What happened to a cluster: brokers that came and went, controllers, leaders, in-sync replicas, moves of replicas. */
import {
  type ClusterEvent,
  type ClusterEventKind,
  clusterEventsTopic,
  decodeClusterEvent,
  identityOfClusterEvent,
} from '@odradek/protocol'
import type { Cluster } from '../cluster.ts'
import { fetchMetadata } from '../cluster-metadata.ts'
import { lastRecords, type RecordRun, type RecordWindow } from '../topics/last-records.ts'

/** Which events, the newest first. */
export interface HistoryQuery {
  /** How many at most. */
  readonly limit: number
  /** Of this topic's partitions only. */
  readonly topic?: string | undefined
  /** Of this partition of it only. */
  readonly partition?: number | undefined
  /** Of this broker: as a broker, as controller, as a leader or replica that came or went. */
  readonly broker?: number | undefined
  /** Of these kinds only. */
  readonly kinds?: readonly ClusterEventKind[] | undefined
  /** None older than this, epoch milliseconds. */
  readonly sinceMs?: number | undefined
  /** Those before this offset: `before` of the page before. */
  readonly before?: number | null | undefined
  /** A page of the same question that was read from the end before: only what came since is read. */
  readonly known?: HistoryPage | undefined
}

/** An event, and where it is in the topic. */
export type HistoryEvent = ClusterEvent & { readonly offset: number }

export interface HistoryPage {
  /** Whether the cluster writes a history: one broker alone has none, nor has Kafka. */
  readonly isKept: boolean
  /** Newest first. */
  readonly events: readonly HistoryEvent[]
  /** What to ask for next as `before`; null: there is nothing older. */
  readonly before: number | null
  /** The offset behind the newest record that was read. */
  readonly next: number
}

/** Records read at once. */
const RUN = 5_000
/** Records read for one page, whatever is found in them. */
const READ_MAX = 200_000

/** Reads the history from its end. A page may be short, or empty, and have a `before` all the same: where to go on. */
export async function clusterHistory(cluster: Cluster, query: HistoryQuery): Promise<HistoryPage> {
  const { topics } = await fetchMetadata(cluster, [clusterEventsTopic])
  if (topics.get(clusterEventsTopic)?.errorCode !== 0) return { isKept: false, events: [], before: null, next: 0 }
  return historyPage((window) => lastRecords(cluster, clusterEventsTopic, 0, window), query)
}

/** The page of a log that `read` gives the newest records of a window of. */
export async function historyPage(
  read: (window: RecordWindow) => Promise<RecordRun>,
  query: HistoryQuery,
): Promise<HistoryPage> {
  const { limit, sinceMs = 0, known } = query
  const from = known?.next ?? 0
  const events: HistoryEvent[] = []
  const seen = new Set<string>()
  /** Whether the page is full with it. What was written twice is told once. */
  const take = (event: HistoryEvent): boolean => {
    const identity = identityOfClusterEvent(event)
    if (!isAsked(event, query) || seen.has(identity)) return false
    seen.add(identity)
    events.push(event)
    return events.length === limit
  }
  let before: number | null | undefined = query.before
  let next: number | null = null
  for (let count = 0; count < READ_MAX; ) {
    const run = await read({ count: RUN, before: before ?? undefined, from })
    next ??= run.next
    for (const { offset, value } of run.records.toReversed()) {
      const event = value === null ? null : decodeClusterEvent(value)
      if (event === null) continue
      if (event.atMs < sinceMs) return { isKept: true, events, before: null, next }
      if (take({ ...event, offset })) return { isKept: true, events, before: offset, next }
    }
    count += Math.max(1, run.records.length)
    before = run.before
    if (before === null) break
    if (known !== undefined && before <= from) {
      for (const event of known.events) if (take(event)) return { isKept: true, events, before: event.offset, next }
      return { isKept: true, events, before: known.before, next }
    }
  }
  return { isKept: true, events, before: before ?? null, next: next ?? 0 }
}

function isAsked(event: ClusterEvent, { topic, partition, broker, kinds }: HistoryQuery): boolean {
  if (kinds !== undefined && !kinds.includes(event.kind)) return false
  if (topic !== undefined && !('topic' in event && event.topic === topic)) return false
  if (partition !== undefined && !('partition' in event && event.partition === partition)) return false
  return broker === undefined || brokersOf(event).includes(broker)
}

/** The brokers that an event is about: those that came, went or changed places, not those that stayed. */
function brokersOf(event: ClusterEvent): readonly number[] {
  switch (event.kind) {
    case 'brokerUp':
    case 'brokerStopping':
    case 'brokerDown':
    case 'controllerElected':
    case 'controllerLost':
      return [event.broker]
    case 'isrShrunk':
    case 'isrExpanded':
      return difference(event.before, event.isr)
    case 'leaderElected':
      return [event.before, event.leader]
    case 'leaderLost':
      return [event.before]
    case 'reassignmentBegun':
    case 'reassignmentDone':
    case 'reassignmentCancelled':
      return difference(event.before, event.replicas)
    default:
      return event satisfies never
  }
}

function difference(a: readonly number[], b: readonly number[]): number[] {
  return [...new Set(a).symmetricDifference(new Set(b))]
}
