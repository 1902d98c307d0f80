import { checkDuration } from './duration.ts'
import { table } from './row.ts'
import { DAY_MS, GIB, HOUR_MS, SECOND_MS } from './units.ts'

/** What a topic's records may be: an intake holds those of DELAY and RETRY until they are due. */
const DELAY_LEVELS = '1s 5s 10s 30s 1m 2m 3m 4m 5m 6m 7m 8m 9m 10m 20m 30m 1h 2h'.split(' ')

function checkPrefix(prefix: string): string | null {
  if (/^[a-zA-Z0-9._-]{1,40}$/.test(prefix) || prefix === '%RETRY%' || prefix === '%DLQ%') return null
  return `must be 1 to 40 ASCII letters, digits, ".", "_" and "-", or %RETRY% or %DLQ%, not "${prefix}"`
}

/** Keys of the broker about records that wait. Topics inherit them where they have a key of the same name. */
export const intakeBrokerConfig = table({
  'delay.levels': {
    type: 'list',
    default: DELAY_LEVELS,
    minItems: 1,
    check: checkDuration,
    mutable: 'broker',
    doc: 'What the levels in a DELAY header stand for, the first being level 1. A level beyond the last counts as the last.',
  },
  'delay.max.ms': {
    type: 'long',
    default: 40 * DAY_MS,
    min: 0,
    unit: 'ms',
    mutable: 'broker',
    doc: 'How far in the future a timed record may be due. One that is due later is refused.',
  },
  'retry.topic.prefix': {
    type: 'string',
    default: 'retry.',
    check: checkPrefix,
    mutable: 'restart',
    doc: 'How the names begin of the topics in which groups retry records. The group id follows.',
  },
  'dlq.topic.prefix': {
    type: 'string',
    default: 'dlq.',
    check: checkPrefix,
    mutable: 'restart',
    doc: 'How the names begin of the topics that keep the dead letters of groups. The group id follows.',
  },
  'intake.waiting.records.max': {
    type: 'long',
    default: 10_000_000,
    min: 1,
    mutable: 'broker',
    doc: 'How many records may wait in one partition. Past it producers are answered NOT_ENOUGH_REPLICAS, and try again.',
  },
  'intake.waiting.bytes.max': {
    type: 'long',
    default: 100 * GIB,
    min: 1,
    unit: 'bytes',
    mutable: 'broker',
    doc: 'How large the log of what waits in one partition may grow. Past it producers are answered NOT_ENOUGH_REPLICAS, and try again.',
  },
})

/** Keys of a topic about records that wait, apart from those that it inherits. */
export const intakeTopicConfig = table({
  'message.type': {
    type: 'enum',
    default: 'NORMAL',
    values: ['NORMAL', 'FIFO', 'DELAY', 'RETRY'],
    mutable: 'topic',
    doc: 'What the topic is for: NORMAL and FIFO (in order by key) show records at once; DELAY when they are due, by their headers; RETRY on the schedule of retry.group.',
  },
  'intake.delete.allow': {
    type: 'boolean',
    default: false,
    mutable: 'topic',
    doc: 'Lets the topic be deleted while records wait in it. They are gone then.',
  },
  'retry.group': {
    type: 'string',
    default: '',
    mutable: 'topic',
    doc: 'With message.type=RETRY: the consumer group whose failed records come here.',
  },
  'dlq.group': {
    type: 'string',
    default: '',
    mutable: 'topic',
    doc: 'The consumer group whose dead letters are kept here.',
  },
})

/** Keys of a consumer group about what it failed to deal with. */
export const retryGroupConfig = table({
  'retry.max.times': {
    type: 'int',
    default: 16,
    min: 0,
    max: 10_000,
    mutable: 'topic',
    doc: 'How often a record is retried before it becomes a dead letter. 0 makes it one at the first failure.',
  },
  'retry.policy': {
    type: 'enum',
    default: 'levels',
    values: ['levels', 'exponential'],
    mutable: 'topic',
    doc: 'How long each retry waits: levels takes the times of retry.delay.levels, exponential multiplies retry.exponential.base.ms.',
  },
  'retry.delay.levels': {
    type: 'list',
    default: DELAY_LEVELS.slice(2),
    minItems: 1,
    check: checkDuration,
    mutable: 'topic',
    doc: 'How long the first, second … retry waits. Those beyond the last wait as long as the last.',
  },
  'retry.exponential.base.ms': {
    type: 'long',
    default: 5 * SECOND_MS,
    min: 1,
    max: 40 * DAY_MS,
    unit: 'ms',
    mutable: 'topic',
    doc: 'How long the first retry waits with retry.policy=exponential.',
  },
  'retry.exponential.factor': {
    type: 'double',
    default: 2,
    min: 1,
    max: 100,
    mutable: 'topic',
    doc: 'By how much each retry waits longer than the one before, with retry.policy=exponential.',
  },
  'retry.exponential.max.ms': {
    type: 'long',
    default: 2 * HOUR_MS,
    min: 1,
    max: 40 * DAY_MS,
    unit: 'ms',
    mutable: 'topic',
    doc: 'How long a retry waits at most, with retry.policy=exponential.',
  },
  'retry.topic.name': {
    type: 'string',
    default: '',
    mutable: 'never',
    doc: 'The topic to which consumers of the group send what they failed to deal with.',
  },
  'dlq.topic.name': {
    type: 'string',
    default: '',
    mutable: 'never',
    doc: 'The topic that keeps the dead letters of the group.',
  },
})
