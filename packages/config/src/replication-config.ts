import { table } from './row.ts'
import { LONG_MAX, MIB, SECOND_MS } from './units.ts'

/** As Kafka names it: the replica in the consumer's rack. */
const RACK_AWARE_SELECTOR = 'org.apache.kafka.common.replica.RackAwareReplicaSelector'

/** Keys of the broker about replicas: how followers fetch, and when they count as in sync. */
export const replicationBrokerConfig = table({
  'replication.mode': {
    type: 'enum',
    default: 'async',
    values: ['async', 'sync'],
    mutable: 'broker',
    doc: 'sync makes acks=1 wait for the in-sync replicas, as acks=all does: nothing is acknowledged that one broker alone has. async leaves it to the producer.',
  },
  'replica.lag.time.max.ms': {
    type: 'long',
    default: 30 * SECOND_MS,
    min: 100,
    unit: 'ms',
    mutable: 'broker',
    doc: 'How long a follower may not have had all that its leader has before it counts as out of sync.',
  },
  'replica.fetch.wait.max.ms': {
    type: 'int',
    default: 500,
    min: 0,
    unit: 'ms',
    mutable: 'broker',
    doc: "How long a leader lets a follower wait that has everything. While nothing is written it becomes longer, up to tenfold and a sixth of the follower's own replica.lag.time.max.ms.",
  },
  'replica.fetch.max.bytes': {
    type: 'int',
    default: MIB,
    min: 0,
    unit: 'bytes',
    mutable: 'broker',
    doc: 'How many bytes of one partition a follower fetches at once. A larger batch is fetched all the same.',
  },
  'replica.fetch.response.max.bytes': {
    type: 'int',
    default: 10 * MIB,
    min: 0,
    unit: 'bytes',
    mutable: 'broker',
    doc: 'How many bytes of all partitions of a leader a follower fetches at once.',
  },
  'replica.socket.timeout.ms': {
    type: 'int',
    default: 10 * SECOND_MS,
    min: 1,
    unit: 'ms',
    mutable: 'broker',
    doc: 'How long an answer of another broker may take, beyond what it was asked to wait, before the connection is made anew.',
  },
  'replica.selector.class': {
    type: 'enum',
    default: '',
    values: ['', RACK_AWARE_SELECTOR],
    mutable: 'broker',
    doc: 'Which replica consumers read from. Empty: the leader. With the rack-aware selector a consumer that says where it stands (client.rack) is sent to an in-sync replica with that broker.rack, the leader before others (KIP-392).',
  },
  'leader.replication.throttled.rate': {
    type: 'long',
    default: LONG_MAX,
    min: 1,
    mutable: 'broker',
    doc: 'How many bytes a second this broker gives to replicas that catch up, of partitions that leader.replication.throttled.replicas names. Those that are in sync are not held up.',
  },
  'follower.replication.throttled.rate': {
    type: 'long',
    default: LONG_MAX,
    min: 1,
    mutable: 'broker',
    doc: 'How many bytes a second the replicas of this broker that catch up take, of partitions that follower.replication.throttled.replicas names.',
  },
  'inter.broker.listener.name': {
    type: 'string',
    default: '',
    mutable: 'restart',
    doc: 'The listener by which brokers reach each other. Empty: the first one.',
  },
})

const REPLICA = /^(\*|\d+:\d+)$/

function checkReplica(text: string): string | null {
  return REPLICA.test(text) ? null : `must be * or partition:broker such as 0:1, not "${text}"`
}

/** Keys of a topic about its replicas. */
export const replicationTopicConfig = table({
  'leader.replication.throttled.replicas': {
    type: 'list',
    default: [],
    check: checkReplica,
    mutable: 'topic',
    doc: 'Which leaders keep to leader.replication.throttled.rate, as partition:broker, or * for all. odradek cluster reassign --throttle sets it.',
  },
  'follower.replication.throttled.replicas': {
    type: 'list',
    default: [],
    check: checkReplica,
    mutable: 'topic',
    doc: 'Which followers that catch up keep to follower.replication.throttled.rate, as partition:broker, or * for all.',
  },
})
