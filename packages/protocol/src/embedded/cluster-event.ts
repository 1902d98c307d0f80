/**
 * The records of the topic in which a cluster writes down what happens to it, one partition, oldest first: a value is one
 * JSON object, so that any consumer reads it; the key says what it is about (`orders-3`, `broker 2`, `controller`).
 *
 *   { "kind": "isrShrunk", "atMs": 1700000000000, "topic": "orders", "partition": 3, "leader": 1, "before": [1, 2], "isr": [1] }
 *
 * Kinds and fields are only ever added: a reader passes over kinds it does not know.
 */

/** The topic's name. */
export const clusterEventsTopic = '__odradek_events'

/** What happened to a broker, or to who is controller. */
export type BrokerEvent =
  /** It registered. `epoch` is higher with every start. */
  | { readonly kind: 'brokerUp'; readonly broker: number; readonly epoch: number; readonly rack: string | null }
  /** It said that it stops: others are to lead. */
  | { readonly kind: 'brokerStopping'; readonly broker: number; readonly epoch: number }
  /** Its registration ended: it stopped in order, or its lease ran out. */
  | { readonly kind: 'brokerDown'; readonly broker: number; readonly epoch: number; readonly isOrderly: boolean }
  | { readonly kind: 'controllerElected'; readonly broker: number; readonly epoch: number }
  | { readonly kind: 'controllerLost'; readonly broker: number; readonly epoch: number }

/** What happened to a partition. `epoch` rises with every change of it. */
export type PartitionEvent = {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly epoch: number
} & (
  | {
      readonly kind: 'isrShrunk' | 'isrExpanded'
      readonly before: readonly number[]
      readonly isr: readonly number[]
      /** Who leads then; -1 for nobody. */
      readonly leader: number
    }
  | {
      readonly kind: 'leaderElected'
      /** Who led before; -1 for nobody. */
      readonly before: number
      readonly leader: number
      readonly leaderEpoch: number
      /** Whether it was in sync. If not, what it had not got is lost. */
      readonly isClean: boolean
    }
  | { readonly kind: 'leaderLost'; readonly before: number; readonly leaderEpoch: number }
  /** Replicas are being moved from `before` to `replicas`. */
  | {
      readonly kind: 'reassignmentBegun' | 'reassignmentDone' | 'reassignmentCancelled'
      readonly before: readonly number[]
      readonly replicas: readonly number[]
    }
)

/** What happened, without when. */
export type ClusterChange = BrokerEvent | PartitionEvent

/** `atMs`: when the broker that wrote it heard of it, by its own clock. */
export type ClusterEvent = ClusterChange & { readonly atMs: number }

export type ClusterEventKind = ClusterEvent['kind']

const KINDS: { readonly [kind in ClusterEventKind]: true } = {
  brokerUp: true,
  brokerStopping: true,
  brokerDown: true,
  controllerElected: true,
  controllerLost: true,
  isrShrunk: true,
  isrExpanded: true,
  leaderElected: true,
  leaderLost: true,
  reassignmentBegun: true,
  reassignmentDone: true,
  reassignmentCancelled: true,
}

/** All kinds of events. */
export const clusterEventKinds = Object.keys(KINDS) as readonly ClusterEventKind[]

export function encodeClusterEvent(event: ClusterEvent): { key: Buffer; value: Buffer } {
  return { key: Buffer.from(subjectOf(event)), value: Buffer.from(JSON.stringify(event)) }
}

/** Null for what is no event of a known kind. */
export function decodeClusterEvent(value: Buffer): ClusterEvent | null {
  let event: unknown
  try {
    event = JSON.parse(value.toString('utf8'))
  } catch {
    return null
  }
  return isClusterEvent(event) ? event : null
}

function isClusterEvent(event: unknown): event is ClusterEvent {
  if (event === null || typeof event !== 'object' || !('kind' in event)) return false
  return typeof event.kind === 'string' && Object.hasOwn(KINDS, event.kind)
}

/** What makes two records the same event: who writes after another may repeat its last ones. */
export function identityOfClusterEvent(event: ClusterEvent): string {
  return `${event.kind} ${'topicId' in event ? `${event.topicId} ${event.partition}` : event.broker} ${event.epoch}`
}

function subjectOf(event: ClusterEvent): string {
  if ('topic' in event) return `${event.topic}-${event.partition}`
  return event.kind === 'controllerElected' || event.kind === 'controllerLost' ? 'controller' : `broker ${event.broker}`
}
