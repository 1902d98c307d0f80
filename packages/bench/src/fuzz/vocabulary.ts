/**
 * What a field of a request can say that means something to the broker: names that are there, ids that it gave out, small
 * partitions. Without it, nearly every request ends at the first look-up.
 */
import type { FieldKind } from '@odradek/protocol'
import type { Random } from './random.ts'

/** Values of one field that are remembered from answers, newest last. */
const LEARNT_MAX = 16
/** How often a field says anything at all instead. */
const WILD = 0.12

const NUMBERS = [0, 1, -1, 2, 127, 128, -128, 255, 256, 0x7fff, -0x8000, 0xffff, 0x7fffffff, -0x80000000, 1_000_000]
const LONGS = [...NUMBERS, 2 ** 31, 2 ** 32, -(2 ** 32), Number.MAX_SAFE_INTEGER, 2 ** 53, 2 ** 63 - 1024, -(2 ** 63)]
const PLAIN_NUMBERS: Readonly<Record<string, readonly number[]>> = {
  acks: [-1, -1, 1, 1, 0],
  configOperation: [0, 1, 2, 3],
  controllerId: [1, -1],
  currentLeaderEpoch: [-1, 0, 1],
  fetchOffset: [0, 1, 5, 100, 1000],
  generationId: [-1, 0, 1, 2],
  index: [0, 0, 1, 1, 2],
  isolationLevel: [0, 1],
  keyType: [0, 1],
  leaderEpoch: [-1, 0, 1],
  maxBytes: [0, 1, 1000, 1 << 20, 1 << 24],
  maxWaitMs: [0, 1, 5, 20],
  memberEpoch: [-1, 0, 1, 2],
  minBytes: [0, 1, 100_000],
  numPartitions: [-1, 1, 2, 4],
  count: [1, 2, 5],
  partition: [0, 0, 1, 1, 2],
  partitionIndex: [0, 0, 1, 1, 2],
  partitionMaxBytes: [0, 1, 1000, 1 << 20],
  rebalanceTimeoutMs: [100, 1000],
  replicationFactor: [-1, 1],
  resourceType: [2, 2, 2, 4],
  sessionTimeoutMs: [1000, 2000, 10_000],
  timeoutMs: [0, 1, 100],
  timestamp: [-1, -2, -3, 0, 1_700_000_000_000],
}
/** Keys of topics, with values that they take. */
const CONFIG_VALUES: Readonly<Record<string, readonly string[]>> = {
  'cleanup.policy': ['delete', 'compact', 'compact,delete'],
  'compression.type': ['producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'],
  'delete.retention.ms': ['0', '1000'],
  'flush.mode': ['sync', 'async'],
  'index.interval.bytes': ['0', '1', '4096'],
  'max.message.bytes': ['100', '1048588'],
  'message.timestamp.after.max.ms': ['1000', '9223372036854775807'],
  'message.timestamp.before.max.ms': ['1000', '9223372036854775807'],
  'message.type': ['NORMAL', 'DELAY', 'FIFO'],
  'message.timestamp.type': ['CreateTime', 'LogAppendTime'],
  'min.cleanable.dirty.ratio': ['0', '0.01', '1'],
  'min.insync.replicas': ['1', '2'],
  'no.such.key': ['1'],
  'record.validation': ['default', 'deep'],
  'retention.bytes': ['-1', '0', '65536'],
  'retention.ms': ['-1', '0', '1000'],
  'segment.bytes': ['1024', '65536'],
  'segment.ms': ['1', '1000'],
}
const CONFIG_KEYS = Object.keys(CONFIG_VALUES)
const WRONG_VALUES = ['9223372036854775808', '1e9', 'NaN', '', ' ', 'true', ',']
const PROTOCOLS = ['range', 'range', 'range', 'roundrobin', '']
/** Topics that are created and deleted; the others stay for a while, or nothing could be asked of them. */
const PASSING_TOPICS = ['fuzz-a', 'fuzz-b', 'fuzz-c']
const OF_OTHERS = 0.05
const STRINGS = [
  '__consumer_offsets',
  '',
  'a',
  '.',
  '..',
  '../../etc/passwd',
  'a/b',
  '\0',
  '\u{1f4a5}',
  'é'.repeat(64),
  'x'.repeat(249),
  'x'.repeat(300),
]

/** Fields of answers that requests repeat. */
const LEARNT = [
  'memberId',
  'generationId',
  'sessionId',
  'producerId',
  'producerEpoch',
  'topicId',
  'memberEpoch',
] as const

export class Vocabulary {
  readonly topics: readonly string[]
  readonly groups: readonly string[]
  /** The key that was named last: its value follows. */
  #configKey = CONFIG_KEYS[0]!
  readonly #forbidden = new Set<string | number>()
  readonly #learnt = new Map<string, (string | number)[]>(LEARNT.map((name) => [name, []]))

  constructor(topics: readonly string[], groups: readonly string[]) {
    this.topics = topics
    this.groups = groups
  }

  /** Remembers what an answer gave out. */
  learn(answer: unknown): void {
    if (Array.isArray(answer)) {
      for (const item of answer) if (typeof item === 'object') this.learn(item)
      return
    }
    if (answer === null || typeof answer !== 'object' || Buffer.isBuffer(answer)) return
    for (const [name, value] of Object.entries(answer)) {
      if (typeof value === 'object') this.learn(value)
      else if (typeof value === 'string' || typeof value === 'number') this.teach(name, value)
    }
  }

  /** Remembers one value of a field that is worth it. */
  teach(name: string, value: string | number): void {
    const known = this.#learnt.get(name)
    if (!known || known.includes(value) || this.#forbidden.has(value)) return
    known.push(value)
    if (known.length > LEARNT_MAX) known.shift()
  }

  /** A value that requests are not to have. */
  forbid(value: string | number): void {
    this.#forbidden.add(value)
  }

  /** A number for the field `name` of a struct. */
  number(name: string, kind: FieldKind, random: Random): number {
    if (random.chance(WILD)) return fitted(random.pick(kind === 'int64' ? LONGS : NUMBERS), kind)
    const known = this.#learnt.get(name)
    if (known && known.length > 0 && random.chance(0.8)) return fitted(Number(random.pick(known)), kind)
    const plain = PLAIN_NUMBERS[name]
    return fitted(plain ? random.pick(plain) : random.between(-1, 3), kind)
  }

  /** Text for the field `name`; `path` names the API and the arrays it is in. */
  text(name: string, path: string, random: Random): string {
    if (random.chance(WILD))
      return random.chance(0.5) ? random.pick(STRINGS) : random.bytes(random.below(20)).toString('latin1')
    const known = this.#learnt.get(name)
    if (known) return known.length > 0 && random.chance(0.8) ? String(random.pick(known)) : ''
    if (/\.config/i.test(path)) {
      if (name === 'value') return random.pick(random.chance(0.8) ? CONFIG_VALUES[this.#configKey]! : WRONG_VALUES)
      this.#configKey = random.pick(CONFIG_KEYS)
      return this.#configKey
    }
    if (/protocol/i.test(name) || /protocol/i.test(path))
      return name === 'protocolType' ? 'consumer' : random.pick(PROTOCOLS)
    if (/group|coordinatorKeys|^key$/i.test(name)) return random.pick(this.groups)
    if (/topic|resource|^name$/i.test(name)) {
      const comesAndGoes = /^(Create|Delete)Topics/.test(path) && !random.chance(OF_OTHERS)
      return random.pick(comesAndGoes ? PASSING_TOPICS : this.topics)
    }
    return random.pick(STRINGS)
  }

  /** 16 bytes for a uuid. */
  uuid(path: string, random: Random): Buffer {
    const known = this.#learnt.get('topicId')!
    const usual = path.startsWith('DeleteTopics') ? OF_OTHERS : 0.85
    if (known.length > 0 && random.chance(usual)) return Buffer.from(String(random.pick(known)), 'base64url')
    return random.chance(0.5) ? Buffer.alloc(16) : random.bytes(16)
  }
}

/** The number as its kind can hold it. */
function fitted(value: number, kind: FieldKind): number {
  switch (kind) {
    case 'int8':
      return (value << 24) >> 24
    case 'int16':
      return (value << 16) >> 16
    case 'uint16':
      return value & 0xffff
    case 'int32':
      return value | 0
    case 'uint32':
      return value >>> 0
    default:
      return value
  }
}
