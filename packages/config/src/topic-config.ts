import { brokerConfig } from './broker-config.ts'
import { intakeTopicConfig } from './intake-config.ts'
import { replicationTopicConfig } from './replication-config.ts'
import { type ConfigOf, table } from './row.ts'

type BrokerRows = typeof brokerConfig

/** A topic row takes type, bounds, unit and default from the broker key that holds while the topic does not set its own. */
function from<K extends keyof BrokerRows, const D extends string>(key: K, doc: D) {
  const row: Omit<BrokerRows[K], 'mutable' | 'doc'> = brokerConfig[key]
  return { ...row, from: key, mutable: 'topic' as const, doc }
}

/** Every key of a topic: Kafka's names, and ours for what Kafka does not have. A key is listed only if setting it changes something. */
export const topicConfig = table({
  'cleanup.policy': from(
    'log.cleanup.policy',
    'What happens to old segments: delete removes them by age and size, compact keeps the newest record of each key; both may be given.',
  ),
  'compression.type': from(
    'compression.type',
    'How batches are stored: as their producer compressed them, or compressed again with this codec.',
  ),
  'compression.gzip.level': from(
    'compression.gzip.level',
    'How hard compression.type=gzip tries, from 1 (fast) to 9 (small); 0 only wraps, -1 is the default of the codec.',
  ),
  'compression.zstd.level': from(
    'compression.zstd.level',
    'How hard compression.type=zstd tries, up to 22 (small); negative ones are faster.',
  ),
  'delete.retention.ms': from(
    'log.cleaner.delete.retention.ms',
    'How long a compacted topic keeps a tombstone (a record without a value), so that slow readers see the deletion.',
  ),
  'file.delete.delay.ms': from(
    'log.segment.delete.delay.ms',
    'How long a deleted segment keeps its file (renamed to .deleted), so that reads in progress can end.',
  ),
  'flush.mode': from(
    'flush.mode',
    'async acknowledges once the operating system has the write and flushes it to disk soon after; sync flushes before it acknowledges.',
  ),
  'flush.messages': from(
    'log.flush.interval.messages',
    'How many unflushed records of a partition start a flush. 1 flushes each write before it is acknowledged, as flush.mode=sync does.',
  ),
  'flush.ms': from(
    'log.flush.interval.ms',
    'How long a record stays unflushed at most. It acts where it is less than flush.interval.ms of the broker.',
  ),
  'index.interval.bytes': from(
    'log.index.interval.bytes',
    'How many bytes of a segment go by between two entries of its offset index.',
  ),
  'max.message.bytes': from(
    'message.max.bytes',
    'The largest record batch that is accepted, as sent (compressed if it is).',
  ),
  'message.timestamp.type': from(
    'log.message.timestamp.type',
    'Whether a record keeps the time its producer gave it or gets the time of its append.',
  ),
  'message.timestamp.before.max.ms': from(
    'log.message.timestamp.before.max.ms',
    'How far in the past a record with its own time may lie. Has no effect with LogAppendTime.',
  ),
  'message.timestamp.after.max.ms': from(
    'log.message.timestamp.after.max.ms',
    'How far in the future a record with its own time may lie. Has no effect with LogAppendTime.',
  ),
  'min.cleanable.dirty.ratio': from(
    'log.cleaner.min.cleanable.ratio',
    'The share of a compacted partition that must be new since the last pass before it is compacted again.',
  ),
  'min.compaction.lag.ms': from(
    'log.cleaner.min.compaction.lag.ms',
    'How long a record stays out of compaction after it was written.',
  ),
  'max.compaction.lag.ms': from(
    'log.cleaner.max.compaction.lag.ms',
    'How long a record of a compacted topic stays out of compaction at most: then its segment is closed and compacted, however little is new.',
  ),
  'min.insync.replicas': from(
    'min.insync.replicas',
    'How many replicas must be in sync for a write with acks=all to be accepted.',
  ),
  preallocate: from(
    'log.preallocate',
    'Reserves the room of a whole segment when it is begun. Without it segments grow by extents.',
  ),
  'record.validation': from(
    'record.validation',
    'default checks every batch and walks the records of uncompressed ones; deep also opens compressed ones.',
  ),
  'replication.mode': from(
    'replication.mode',
    'sync makes acks=1 wait for the in-sync replicas, as acks=all does; async leaves it to the producer.',
  ),
  'retention.bytes': from(
    'log.retention.bytes',
    'How many bytes of a partition are kept; the oldest segments beyond go. -1 sets no limit.',
  ),
  'retention.ms': from('log.retention.ms', 'How long a segment is kept after its newest record. -1 keeps it for ever.'),
  'segment.bytes': from(
    'log.segment.bytes',
    'The size at which a segment file is closed and the next one begun. Retention and compaction act on closed segments.',
  ),
  'segment.index.bytes': from(
    'log.index.size.max.bytes',
    'The largest an index file may grow; the segment is closed when its index is full.',
  ),
  'segment.jitter.ms': from(
    'log.roll.jitter.ms',
    'By how much segment.ms is shortened at most, differently for each segment, so that not all are closed at one time.',
  ),
  'segment.ms': from('log.roll.ms', 'The age at which a segment is closed even if it is not full.'),
  'delay.levels': from('delay.levels', 'What the levels in a DELAY header stand for, the first being level 1.'),
  'delay.max.ms': from(
    'delay.max.ms',
    'How far in the future a timed record may be due. One that is due later is refused.',
  ),
  'intake.waiting.records.max': from(
    'intake.waiting.records.max',
    'How many records may wait in one partition before producers are told to try again later.',
  ),
  'intake.waiting.bytes.max': from(
    'intake.waiting.bytes.max',
    'How large the log of what waits in one partition may grow before producers are told to try again later.',
  ),
  'unclean.leader.election.enable': from(
    'unclean.leader.election.enable',
    'Where no replica that is in sync is alive: lets one lead that is not. What it has not got is lost.',
  ),
  ...replicationTopicConfig,
  ...intakeTopicConfig,
})

/** The values of all topic keys, by key. */
export type TopicConfig = ConfigOf<typeof topicConfig>
export type TopicKey = keyof TopicConfig
