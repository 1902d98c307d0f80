/** What a seed chooses before the simulation begins: the broker's settings, topics, clients and how each of its lives ends. */
import type { DiskCall, SimRandom } from '@odradek/broker/src/host/sim/index.ts'
import type { CodecName } from '@odradek/protocol'
import type { AdministratorPlan, Deed, TopicPlan } from './administrator.ts'
import type { GroupPlan } from './group-member.ts'
import type { ProducerPlan } from './producer.ts'

/** One life of the broker. */
export interface LifePlan {
  /** The system call at which the power fails or the process is killed; infinity: none. */
  readonly crashAtCall: number
  /** Its length where it does not end before, in virtual milliseconds from when it serves. */
  readonly lengthMs: number
  /** How it ends then, and at `crashAtCall` unless in good order. */
  readonly end: 'process' | 'power' | 'clean'
  /** How long the broker is away afterwards. */
  readonly awayMs: number
  /** A system call that fails once, after that many milliseconds; null: none. */
  readonly fault: { readonly call: DiskCall; readonly code: 'EIO' | 'ENOSPC'; readonly afterMs: number } | null
}

export interface Plan {
  readonly config: Readonly<Record<string, string>>
  /** How many data directories the broker has. */
  readonly directories: number
  readonly administrator: AdministratorPlan
  readonly producers: (topic: TopicPlan['name'], isCompacted: boolean) => readonly ProducerPlan[]
  readonly consumers: number
  /** Of each group its members. */
  readonly groups: readonly (readonly GroupPlan[])[]
  readonly lives: readonly LifePlan[]
  /** Mean time between connections that break by themselves, virtual milliseconds. */
  readonly cutsEveryMs: number
  readonly syncMs: number
  /** Mean time between steps of the wall clock, virtual milliseconds. */
  readonly clockStepsEveryMs: number
}

export function makePlan(random: SimRandom, withFaults: boolean): Plan {
  const pick = <T>(...choices: readonly T[]): T => choices[random.below(choices.length)]!
  const flushMode = pick('async', 'sync')
  const topics = Array.from({ length: 1 + random.below(4) }, (_, at) => topicPlan(`t${at}`, random))
  const config = {
    'flush.mode': flushMode,
    'flush.interval.ms': pick('5', '50', '500'),
    'flush.dirty.bytes': pick('1', '3000', '4194304'),
    'log.retention.check.interval.ms': pick('100', '700'),
    'log.cleaner.backoff.ms': pick('50', '400'),
    'log.cleaner.min.cleanable.ratio': pick('0', '0.3'),
    'log.segment.delete.delay.ms': pick('0', '300', '60000'),
    'log.index.interval.bytes': pick('0', '300', '4096'),
    'offsets.topic.num.partitions': pick('1', '3'),
    'offsets.topic.segment.bytes': pick('1024', '5000', '104857600'),
    'group.min.session.timeout.ms': '100',
    'group.initial.rebalance.delay.ms': pick('0', '50'),
    'auto.create.topics.enable': 'false',
  }
  const chosen = hashOf(JSON.stringify([config, topics]))
  return {
    config: { ...config, 'journal.bytes.max': ['268435456', '6000', '0'][chosen % 3]! },
    directories: [1, 1, 3][Math.floor(chosen / 3) % 3]!,
    administrator: {
      topics,
      deeds: Array.from({ length: random.below(8) }, (_, at) => deed(at, topics, random)),
      pauseMs: pick(20, 200, 1000),
    },
    producers: (topic, isCompacted) =>
      Array.from({ length: topic.startsWith('t') ? 1 + random.below(2) : 1 }, () => producerPlan(isCompacted, random)),
    consumers: random.below(3),
    groups: Array.from({ length: random.below(3) }, (_, at) => groupPlan(`g${at}`, topics, random)),
    lives: livesPlan(random, withFaults),
    cutsEveryMs: pick(Number.POSITIVE_INFINITY, 2000, 300),
    syncMs: pick(0.5, 2, 30),
    clockStepsEveryMs: pick(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 1000),
  }
}

/** For what is chosen by what was chosen before: seeds that found something once keep the rest of their worlds. */
function hashOf(text: string): number {
  let hash = 0
  for (let at = 0; at < text.length; at++) hash = (hash * 31 + text.charCodeAt(at)) % 1_000_003
  return hash
}

function groupPlan(group: string, topics: readonly TopicPlan[], random: SimRandom): GroupPlan[] {
  const isStatic = random.chance(0.3)
  const plan = {
    group,
    topics: topics.slice(0, 1 + random.below(topics.length)).map(({ name }) => name),
    sessionTimeoutMs: random.chance(0.5) ? 300 : 2000,
  }
  return Array.from({ length: 1 + random.below(3) }, (_, at) => ({
    ...plan,
    instanceId: isStatic ? `${group}-${at}` : null,
  }))
}

function livesPlan(random: SimRandom, withFaults: boolean): LifePlan[] {
  const lives = Array.from({ length: 1 + random.below(4) }, () => lifePlan(random, withFaults))
  // A power failure soon after a kill: what the kill left in the page cache was read, and perhaps not written to the disk.
  return lives.flatMap((life) => {
    if (life.end !== 'process' || random.chance(0.5)) return [life]
    const lengthMs = random.between(2, 60)
    return [life, { crashAtCall: Number.POSITIVE_INFINITY, lengthMs, end: 'power', awayMs: life.awayMs, fault: null }]
  })
}

/** What may fail, and how. */
const FAULTS: readonly (readonly [DiskCall, 'EIO' | 'ENOSPC'])[] = [
  ['sync', 'EIO'],
  ['sync', 'EIO'],
  ['sync', 'ENOSPC'],
  ['write', 'EIO'],
  ['write', 'ENOSPC'],
  ['read', 'EIO'],
  ['truncate', 'EIO'],
  ['rename', 'EIO'],
  ['open', 'ENOSPC'],
]

function lifePlan(random: SimRandom, withFaults: boolean): LifePlan {
  const end = (['power', 'power', 'process', 'clean'] as const)[random.below(4)]!
  // Spread evenly over the orders of magnitude: starts take some tens of calls, a life some thousands.
  const crashAtCall = random.chance(0.25)
    ? Number.POSITIVE_INFINITY
    : Math.floor(Math.exp(random.between(0, Math.log(6000))))
  const [call, code] = FAULTS[random.below(FAULTS.length)]!
  const fault = withFaults && random.chance(0.15) ? { call, code, afterMs: random.between(0, 1500) } : null
  return {
    crashAtCall: end === 'clean' ? Number.POSITIVE_INFINITY : crashAtCall,
    lengthMs: [100, 800, 3000, 7000][random.below(4)]! * random.between(0.5, 1.5),
    end,
    awayMs: random.between(200, 600),
    fault,
  }
}

function topicPlan(name: string, random: SimRandom): TopicPlan {
  const pick = <T>(...choices: readonly T[]): T => choices[random.below(choices.length)]!
  const configs: Record<string, string> = {
    'flush.mode': pick('async', 'sync'),
    'segment.bytes': pick('1024', '4000', '20000', '1000000'),
  }
  switch (random.below(6)) {
    case 0:
      configs['retention.bytes'] = pick('0', '5000', '30000')
      break
    case 1:
      configs['retention.ms'] = pick('300', '2000')
      break
    case 2:
      configs['cleanup.policy'] = 'compact'
      break
    default:
  }
  if (random.chance(0.2)) configs['segment.ms'] = pick('50', '500')
  if (random.chance(0.1)) configs['segment.index.bytes'] = '36'
  return { name, partitions: 1 + random.below(3), configs }
}

function deed(at: number, topics: readonly TopicPlan[], random: SimRandom): Deed {
  const topic = topics[random.below(topics.length)]!.name
  switch (random.below(6)) {
    case 0:
      // Names come again.
      return { kind: 'create', topic: topicPlan(`made${random.below(at + 1) >> 1}`, random) }
    case 1:
      return { kind: 'delete', topic: `made${random.below(at + 1) >> 1}` }
    case 2:
      return { kind: 'grow', topic }
    case 3:
      return { kind: 'deleteRecords', topic, share: random.fraction() }
    case 4:
      return { kind: 'configure', topic, key: 'flush.mode', value: random.chance(0.5) ? 'sync' : 'async' }
    default:
      return { kind: 'configure', topic, key: 'segment.bytes', value: String(1024 + random.below(10_000)) }
  }
}

function producerPlan(isCompacted: boolean, random: SimRandom): ProducerPlan {
  const pick = <T>(...choices: readonly T[]): T => choices[random.below(choices.length)]!
  const isIdempotent = random.chance(0.8)
  return {
    isIdempotent,
    acks: isIdempotent ? -1 : pick(-1, 0, 1),
    depth: isIdempotent ? pick(1, 2, 5) : 1,
    batches: 1 + random.below(120),
    recordsMax: pick(1, 3, 12),
    valueBytesMax: pick(10, 200, 3000),
    codec: pick<CodecName>('none', 'none', 'none', 'gzip', 'lz4'),
    keys: isCompacted ? pick(2, 10) : pick(0, 0, 5),
    pauseMs: pick(2, 20, 100),
  }
}
