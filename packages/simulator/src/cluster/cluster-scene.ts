/**
 * What a seed chooses before a simulated cluster begins: how it is set up, how fast all goes in it, and who uses it.
 *
 *   long    many seconds, three topics, hundreds of batches
 *   short   0.7 to 2.5 s of the same, with faults five times as close
 *   sharp   a fraction of a second, one partition and a few batches; what fails does so in the middle of a change: while a
 *           leader, a set of in-sync replicas, a registration or the controller is being replaced
 */
import type { SimRandom } from '@odradek/broker/src/host/sim/index.ts'
import { DENSE, type FaultPace, LONG, ONLOOKED, SECLUDED, SHARP } from './cluster-fault-pace.ts'

export type ScenePace = 'long' | 'short' | 'sharp'

export const DELAYED = 'delayed'
export const GROUP = 'team'
export const RETRIES = `retry.${GROUP}`
export const DEAD_LETTERS = `dlq.${GROUP}`
/** Worlds in which followers that lag stay in sync for longer than anything fails. */
const LAZY_CHANCE = 0.3
/** Sharp worlds that are about groups; they last longer, as who is cut off is not replaced at once. */
const GROUPS_CHANCE = 0.15
const GROUPS_MORE_MS = 1_000
/** Those of them in which others look on, and who commits is where a secluded broker is not. */
const ONLOOKERS_CHANCE = 0.5

export interface SceneTopic {
  readonly name: string
  readonly partitions: number
  readonly configs: Readonly<Record<string, string>>
}

/** What differs between the paces, in virtual milliseconds. */
interface Pace {
  readonly faults: FaultPace
  readonly runMs: readonly [number, number]
  readonly sessionTimeoutMs: readonly number[]
  readonly lagMs: readonly number[]
  readonly fetchWaitMs: readonly number[]
  readonly socketTimeoutMs: readonly number[]
  readonly flushIntervalMs: readonly number[]
  readonly shutdownMs: number
  readonly offsetsPartitions: number
  readonly plainPartitionsMax: number
  readonly delayedChance: number
  readonly retriesChance: number
  readonly batchesMin: number
  readonly batchesBelow: number
  readonly producerPausesMs: readonly number[]
  readonly administratorPausesMs: readonly number[]
  /** Until the store ends the leases that it kept when it was away. */
  readonly keptLeaseMs: number
  /** How long a broker waits for an answer of the store. */
  readonly storeTimeoutMs: number
  /** How long a client does. */
  readonly clientTimeoutMs: number
}

const UNHURRIED = {
  sessionTimeoutMs: [500, 1_500],
  lagMs: [300, 2_000],
  fetchWaitMs: [50, 500],
  socketTimeoutMs: [300, 2_000],
  flushIntervalMs: [5, 50, 500],
  shutdownMs: 2_000,
  offsetsPartitions: 2,
  plainPartitionsMax: 3,
  delayedChance: 0.5,
  retriesChance: 0.3,
  batchesMin: 10,
  batchesBelow: 200,
  producerPausesMs: [2, 20, 100],
  administratorPausesMs: [100, 1_000, 5_000],
  keptLeaseMs: 3_000,
  storeTimeoutMs: 1_000,
  clientTimeoutMs: 5_000,
} as const

const PACES: Readonly<Record<ScenePace, Pace>> = {
  long: { ...UNHURRIED, faults: LONG, runMs: [2_000, 12_000] },
  short: { ...UNHURRIED, faults: DENSE, runMs: [700, 2_500] },
  sharp: {
    faults: SHARP,
    runMs: [200, 900],
    sessionTimeoutMs: [500],
    lagMs: [100, 300],
    fetchWaitMs: [20, 100],
    socketTimeoutMs: [100, 500],
    flushIntervalMs: [5, 50],
    shutdownMs: 500,
    offsetsPartitions: 1,
    plainPartitionsMax: 1,
    delayedChance: 0.1,
    retriesChance: 0.05,
    batchesMin: 3,
    batchesBelow: 20,
    producerPausesMs: [1, 5, 20],
    administratorPausesMs: [20, 100, 500],
    keptLeaseMs: 600,
    storeTimeoutMs: 300,
    clientTimeoutMs: 1_000,
  },
}

/** How one producer works. */
export interface SceneProducer {
  readonly batches: number
  readonly depth: number
  readonly pauseMs: number
}

export class ClusterScene {
  readonly isSync: boolean
  /** Whether a poll that brings nothing lasts for seconds, as it does by default. */
  readonly isLazy: boolean
  /** Whether groups commit and go back to what they committed all the time. */
  readonly isAboutGroups: boolean
  /**
   * Whether others ask what groups have committed, who are at a secluded broker's side, while those that commit are not: then
   * nobody but them asks a coordinator that was replaced and has not heard of it.
   */
  readonly hasOnlookers: boolean
  readonly settings: Readonly<Record<string, string>>
  readonly topics: readonly SceneTopic[]
  /** Topics whose producers ask for acks=1, and of which that waits for all in sync. */
  readonly doubleWritten: ReadonlySet<string>
  readonly #pace: Pace

  /** `choice` is a stream of its own: what else a seed chooses does not hang on what is drawn from it. */
  constructor(pace: ScenePace, random: SimRandom, choice: SimRandom, options: { readonly isAsync: boolean }) {
    this.#pace = PACES[pace]
    const { plainPartitionsMax, delayedChance, retriesChance } = this.#pace
    this.isSync = random.chance(0.5) && !options.isAsync
    this.settings = settingsOf(this.#pace, random, this.isSync)
    const segments = () => ({ 'segment.bytes': drawn(random, ['1024', '20000', '1000000']) })
    this.topics = [
      { name: 'plain', partitions: 1 + random.below(plainPartitionsMax), configs: segments() },
      ...(random.chance(delayedChance)
        ? [{ name: DELAYED, partitions: 1, configs: { 'message.type': 'DELAY', ...segments() } }]
        : []),
      ...(random.chance(retriesChance)
        ? [
            {
              name: RETRIES,
              partitions: 1 + random.below(2),
              configs: { 'message.type': 'RETRY', 'retry.group': GROUP, ...segments() },
            },
          ]
        : []),
    ]
    this.doubleWritten = new Set(this.topics.map(({ name }) => name).filter(() => choice.chance(0.3)))
    this.isLazy = choice.chance(LAZY_CHANCE)
    this.isAboutGroups = pace === 'sharp' && choice.chance(GROUPS_CHANCE)
    this.hasOnlookers = this.isAboutGroups && choice.chance(ONLOOKERS_CHANCE)
    if (this.isLazy) this.settings = { ...this.settings, 'replica.lag.time.max.ms': '30000' }
  }

  get faults(): FaultPace {
    if (this.hasOnlookers) return ONLOOKED
    return this.isAboutGroups ? SECLUDED : this.#pace.faults
  }

  get keptLeaseMs(): number {
    return this.#pace.keptLeaseMs
  }

  get storeTimeoutMs(): number {
    return this.#pace.storeTimeoutMs
  }

  get clientTimeoutMs(): number {
    return this.#pace.clientTimeoutMs
  }

  /** How long things fail. */
  runMs(random: SimRandom): number {
    const [least, bound] = this.#pace.runMs
    return random.between(least, bound) + (this.isAboutGroups ? GROUPS_MORE_MS : 0)
  }

  producer(random: SimRandom): SceneProducer {
    const { batchesMin, batchesBelow, producerPausesMs } = this.#pace
    return {
      batches: batchesMin + random.below(batchesBelow),
      depth: drawn(random, [1, 2, 5]),
      pauseMs: drawn(random, producerPausesMs),
    }
  }

  administratorPauseMs(random: SimRandom): number {
    return drawn(random, this.#pace.administratorPausesMs)
  }
}

function settingsOf(pace: Pace, random: SimRandom, isSync: boolean): Record<string, string> {
  const pick = (...choices: readonly (string | number)[]) => String(drawn(random, choices))
  return {
    'flush.mode': isSync ? 'sync' : 'async',
    'flush.interval.ms': pick(...pace.flushIntervalMs),
    'default.replication.factor': '3',
    'min.insync.replicas': '2',
    'offsets.topic.num.partitions': String(pace.offsetsPartitions),
    'offsets.topic.replication.factor': '3',
    'offsets.topic.segment.bytes': pick('5000', '104857600'),
    'broker.session.timeout.ms': pick(...pace.sessionTimeoutMs),
    'replica.lag.time.max.ms': pick(...pace.lagMs),
    'replica.fetch.wait.max.ms': pick(...pace.fetchWaitMs),
    'replica.socket.timeout.ms': pick(...pace.socketTimeoutMs),
    'replica.fetch.max.bytes': pick('1000', '1048576'),
    'controlled.shutdown.timeout.ms': String(pace.shutdownMs),
    'leader.imbalance.check.interval.seconds': pick('1', '300'),
    'leader.imbalance.per.broker.percentage': '0',
    'auto.create.topics.enable': 'false',
    'log.index.interval.bytes': pick('0', '4096'),
    // A disk that fills up is noticed when there is no room; nothing is deleted for room.
    'disk.check.interval.ms': pick('100', '10000'),
    'disk.expire.above.percent': '100',
    'disk.force.above.percent': '100',
    'disk.refuse.above.percent': '100',
    'disk.refuse.internal.above.percent': '100',
  }
}

function drawn<T>(random: SimRandom, choices: readonly T[]): T {
  return choices[random.below(choices.length)]!
}
