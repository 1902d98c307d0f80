/**
 * The headers by which dead letters tell where they come from and what went wrong, in the words of those who write them:
 *
 *   odradek   this broker (and clients by its contract): ORIGIN_*, RECONSUME_TIME, ATTEMPTS, EXCEPTION, DEAD_LETTER_REASON
 *   spring    Spring Kafka's DeadLetterPublishingRecoverer: kafka_dlt-*, numbers as big-endian bytes; retry_topic-attempts
 *   connect   Kafka Connect's sink connectors (KIP-298): __connect.errors.*, all of it text
 *   share     share groups of Kafka (KIP-1191): __dlq.errors.*, all of it text
 *   streams   Kafka Streams (KIP-1034): __streams.errors.*, all of it text
 */

export const letterConventions = ['odradek', 'spring', 'connect', 'share', 'streams'] as const
export type LetterConvention = (typeof letterConventions)[number]

/** What a header tells. */
export type LetterFact =
  | 'topic'
  | 'partition'
  | 'offset'
  | 'timestamp'
  | 'group'
  | 'connector'
  | 'retries'
  | 'reason'
  | 'error'
  | 'errorClass'
  | 'causeClass'
  | 'errorMessage'
  | 'stack'
  | 'attempts'

export interface LetterHeader {
  readonly convention: LetterConvention
  readonly fact: LetterFact
}

const facts: Readonly<Record<LetterConvention, Readonly<Record<string, LetterFact>>>> = {
  odradek: {
    ORIGIN_TOPIC: 'topic',
    ORIGIN_PARTITION: 'partition',
    ORIGIN_OFFSET: 'offset',
    ORIGIN_TIMESTAMP: 'timestamp',
    RECONSUME_TIME: 'retries',
    DEAD_LETTER_REASON: 'reason',
    EXCEPTION: 'error',
    ATTEMPTS: 'attempts',
  },
  spring: {
    'kafka_dlt-original-topic': 'topic',
    'kafka_dlt-original-partition': 'partition',
    'kafka_dlt-original-offset': 'offset',
    'kafka_dlt-original-timestamp': 'timestamp',
    'kafka_dlt-original-consumer-group': 'group',
    'kafka_dlt-exception-fqcn': 'errorClass',
    'kafka_dlt-exception-cause-fqcn': 'causeClass',
    'kafka_dlt-exception-message': 'errorMessage',
    'kafka_dlt-exception-stacktrace': 'stack',
    'retry_topic-attempts': 'retries',
  },
  connect: {
    '__connect.errors.topic': 'topic',
    '__connect.errors.partition': 'partition',
    '__connect.errors.offset': 'offset',
    '__connect.errors.connector.name': 'connector',
    '__connect.errors.stage': 'reason',
    '__connect.errors.exception.class.name': 'errorClass',
    '__connect.errors.exception.message': 'errorMessage',
    '__connect.errors.exception.stacktrace': 'stack',
  },
  share: {
    '__dlq.errors.topic': 'topic',
    '__dlq.errors.partition': 'partition',
    '__dlq.errors.offset': 'offset',
    '__dlq.errors.group': 'group',
    '__dlq.errors.delivery.count': 'retries',
    '__dlq.errors.message': 'error',
  },
  streams: {
    '__streams.errors.topic': 'topic',
    '__streams.errors.partition': 'partition',
    '__streams.errors.offset': 'offset',
    '__streams.errors.exception': 'errorClass',
    '__streams.errors.message': 'errorMessage',
    '__streams.errors.stacktrace': 'stack',
  },
}

/** By name. */
export const letterHeaders: ReadonlyMap<string, LetterHeader> = new Map(
  letterConventions.flatMap((convention) =>
    Object.entries(facts[convention]).map(([name, fact]): [string, LetterHeader] => [name, { convention, fact }]),
  ),
)

/** What is added to a record that is sent again. */
export const redriveHeaders = {
  /** `topic-partition@offset` of the letter. */
  from: 'x-redrive-from',
  by: 'x-redrive-by',
  /** ISO 8601. */
  at: 'x-redrive-at',
  job: 'x-redrive-job',
  /** JSON: which parts were edited. Only where one was. */
  edit: 'x-redrive-edit',
} as const

const LEFT_OUT_PREFIXES = [
  'kafka_dlt-',
  'retry_topic-',
  '__connect.errors.',
  '__dlq.errors.',
  '__streams.errors.',
  'x-redrive-',
]
const LEFT_OUT = new Set([
  'RECONSUME_TIME',
  'ATTEMPTS',
  'EXCEPTION',
  'DEAD_LETTER_REASON',
  'DELAY',
  'TIMER_DELAY_SEC',
  'TIMER_DELAY_MS',
  'TIMER_DELIVER_MS',
])
const ORIGIN = new Set(['ORIGIN_TOPIC', 'ORIGIN_PARTITION', 'ORIGIN_OFFSET', 'ORIGIN_TIMESTAMP', 'BORN_TIMESTAMP'])

/**
 * Whether a header of a dead letter goes with it when it is sent again: not what was said of earlier failures, so that
 * attempts begin anew, nor what would delay it; where it came from only on the way to the retry topic, which knows no other way.
 */
export function isKeptHeader(name: string, toRetry: boolean): boolean {
  if (LEFT_OUT.has(name) || LEFT_OUT_PREFIXES.some((prefix) => name.startsWith(prefix))) return false
  return toRetry || !ORIGIN.has(name)
}
