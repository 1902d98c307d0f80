/**
 * Three brokers on machines that fail, on a network that parts them, with a metadata store that is away at times; clients that
 * use them, and one seed for everything.
 *
 *   start ▶ create ▶ produce, read, commit, delay ─ meanwhile crashes, cuts ─▶ all is whole again ▶ bring all to an end ▶ check
 *
 * With `flush.mode=sync` the power fails wherever it likes, at all brokers at once too. With `async` what is acknowledged is in
 * page caches alone, so a broker loses its power only while another one that is in sync keeps what it has.
 */
import { createSimHost, type SimHost, SimRandom, SimWorld } from '@odradek/broker/src/host/sim/index.ts'
import { intakeTopicOf } from '@odradek/broker/src/metadata/intake-topic.ts'
import { CreateTopics, IncrementalAlterConfigs } from '@odradek/protocol'
import { type Outcome, runToItsEnd } from '../outcome.ts'
import { InSyncCheck } from './check-in-sync.ts'
import { ClusterAdministrator } from './cluster-administrator.ts'
import { ClusterBroker } from './cluster-broker.ts'
import { ClusterClients } from './cluster-clients.ts'
import { ClusterConsumer, fetchOnce } from './cluster-consumer.ts'
import { ClusterFaults } from './cluster-faults.ts'
import { ClusterHistory, PartitionTale } from './cluster-history.ts'
import { ClusterOnlooker } from './cluster-onlooker.ts'
import { ClusterProducer } from './cluster-producer.ts'
import { ClusterScene, DEAD_LETTERS, DELAYED, GROUP, RETRIES, type ScenePace } from './cluster-scene.ts'
import { StoreLife } from './store-life.ts'

const BROKERS = [1, 2, 3] as const
const DRAIN_MS_MAX = 200_000
const GROUP_RESOURCE = 32
/** Retries are over within the life of a world. */
const RETRY_CONFIGS = Object.entries({
  'retry.policy': 'exponential',
  'retry.exponential.base.ms': '300',
}).map(([name, value]) => ({ name, configOperation: 0, value }))
const CLOCK_SKEW_MS = 1_000
/** What a broker has to say where the disk was filled up. */
const DISK_FULL = 'The disk is full'
const LOOK_MS = 10
const COLLEAGUES_ADDRESS = '10.0.0.7'
/** Between two turns of those that commit for groups that others look at: what is under way when all is cut off stays so. */
const COLLEAGUES_PAUSE_MS = 60
const WHOLE_CHECK_MS = 5
/** Two of the slowest syncs there are: one that is under way, and the one that waits for it. */
const SLOWEST_SYNCS_MS = 500

export interface ClusterSimulationOptions {
  /** Lines of the trace that are kept [1000]. */
  readonly traceLinesMax?: number
  /** Whether nothing fails [false]. */
  readonly isCalm?: boolean
  /** How much happens, and how fast: for one long world one may have several short, or many sharp ones [long]. */
  readonly pace?: ScenePace
  /**
   * Whether, instead of all else, the power fails at all brokers at once while they flush asynchronously: what is lost then is
   * counted, and must not be older than a flush [false].
   */
  readonly losesAllPower?: boolean
}

/** Runs the simulation of a seed. What it finds wrong is in `failures`. */
export async function simulateCluster(seed: number, options: ClusterSimulationOptions = {}): Promise<Outcome> {
  const world = new SimWorld(seed, { traceLinesMax: options.traceLinesMax ?? 1000 })
  const simulation = new ClusterSimulation(world, options)
  const { history } = simulation
  const ended = await runToItsEnd(
    seed,
    world,
    () => simulation.run(),
    (problem) => history.fail(problem),
  )
  return { ...ended, failures: history.failures, counts: history.counts }
}

class ClusterSimulation {
  readonly history: ClusterHistory
  readonly #world: SimWorld
  readonly #random: SimRandom
  readonly #isCalm: boolean
  readonly #losesAllPower: boolean
  readonly #scene: ClusterScene
  #clients: ClusterClients
  /** Where those are that commit for groups which others look at; null where nobody does. */
  readonly #colleagues: SimHost | null
  readonly #store: StoreLife
  readonly #brokers = new Map<number, ClusterBroker>()
  readonly #faults: ClusterFaults
  /** Of records that were retried too often; null where there are no retries. */
  #deadLetters: PartitionTale | null = null
  readonly #inSync: InSyncCheck
  readonly #controllerOf = new Map<number, number>()

  constructor(world: SimWorld, options: ClusterSimulationOptions) {
    this.#world = world
    this.#isCalm = options.isCalm ?? false
    this.#losesAllPower = options.losesAllPower ?? false
    const random = world.random.fork()
    this.#random = random
    const isAsync = this.#losesAllPower
    this.#scene = new ClusterScene(options.pace ?? 'long', random, new SimRandom(~world.seed), { isAsync })
    const { isLazy, isSync, faults, keptLeaseMs } = this.#scene
    this.history = new ClusterHistory(() => `${world.time.toFixed(3)} ms`)
    if (isLazy) this.history.counts.lazy++
    const clientHost = createSimHost(world, { name: 'clients', address: '10.0.0.9' })
    this.#clients = new ClusterClients(world, clientHost, this.history, this.#scene.clientTimeoutMs)
    this.#store = new StoreLife(
      createSimHost(world, { name: 'store', address: '10.0.0.8' }),
      keptLeaseMs,
      this.history.fail,
    )
    for (const id of BROKERS) {
      const syncMs = [0.5, 2, 20][random.below(3)]!
      const host = createSimHost(world, { name: `broker-${id}`, address: addressOf(id), disk: { syncMs } })
      // No two clocks of a cluster show the same time.
      host.clock.step(random.between(-CLOCK_SKEW_MS, CLOCK_SKEW_MS))
      this.#brokers.set(id, this.#broker(id, host))
    }
    this.#colleagues = this.#scene.hasOnlookers
      ? createSimHost(world, { name: 'colleagues', address: COLLEAGUES_ADDRESS })
      : null
    this.#inSync = new InSyncCheck(this.history.fail)
    this.#store.onWritten(() => this.#inSync.look(this.#store.image, this.#brokers))
    this.#faults = new ClusterFaults({
      world,
      random: random.fork(),
      history: this.history,
      store: this.#store,
      brokers: this.#brokers,
      isSync,
      pace: faults,
      addressOf,
      colleagues: this.#colleagues === null ? null : COLLEAGUES_ADDRESS,
      dying: () => this.#inSync.look(this.#store.image, this.#brokers),
      died: (broker, awayMs) => {
        this.#checkErrors(broker)
        this.#reboot(broker, awayMs)
      },
      allLostPower: () => this.#inSync.allLostPower(this.#store.image, this.#scene.settings['flush.mode']!),
    })
  }

  async run(): Promise<void> {
    for (const broker of this.#brokers.values()) this.#begin(broker)
    this.#watch()
    await this.#world.runUntil(
      () => this.#clients.addresses.size === BROKERS.length || this.history.failures.length > 0,
    )
    this.#makeTopics()
    await this.#settled(() => this.#clients.actors.size === 0, 'the topics were not made')
    if (this.history.failures.length > 0) return
    this.#startClients()
    if (this.#losesAllPower) {
      await this.#loseAllPower()
      return
    }
    if (!this.#isCalm) this.#faults.start()
    await this.#world.runFor(this.#scene.runMs(this.#random))
    await this.#heal()
    if (this.history.failures.length > 0) return
    this.#clients.draining = true
    await this.#settled(
      () => this.#clients.actors.size === 0,
      () => `still at work: ${[...this.#clients.actors].join(', ')}`,
    )
    if (this.history.failures.length > 0) return
    await this.#settled(
      this.#nowAndThen(() => this.#isWhole()),
      () => `the replicas are not whole: ${this.#notWhole()}`,
    )
    if (this.history.failures.length > 0) return
    await this.#check()
    this.#checkErrors()
  }

  /** Everybody is gone at once; what was acknowledged within the last flush, and nothing older, may be lost. */
  async #loseAllPower(): Promise<void> {
    await this.#world.runFor(this.#random.between(500, 5_000))
    const { time } = this.#world
    this.#clients.host.crash('process')
    this.#faults.allLosePower()
    this.#clients = new ClusterClients(
      this.#world,
      this.#clients.host.reboot(),
      this.history,
      this.#scene.clientTimeoutMs,
    )
    await this.#settled(() => this.#clients.addresses.size === BROKERS.length, 'not all brokers came back')
    await this.#settled(
      this.#nowAndThen(() => this.#isWhole()),
      () => `the replicas are not whole: ${this.#notWhole()}`,
    )
    const flushMs = Number(this.#scene.settings['flush.interval.ms']) + SLOWEST_SYNCS_MS
    for (const tale of this.history.partitions.filter(({ hasOffsets }) => hasOffsets)) {
      this.#readAll(tale, (records) => {
        const lost = tale.lost(records)
        this.history.counts.lost += lost.length
        const oldest = Math.min(time, ...lost)
        if (time - oldest > flushMs)
          this.history.fail(`${tale.topic}-${tale.index} lost what was acknowledged ${time - oldest} ms before`)
      })
    }
    await this.#settled(() => this.#clients.actors.size === 0, 'what is there could not be read')
  }

  #broker(id: number, host: SimHost): ClusterBroker {
    return new ClusterBroker({
      id,
      host,
      settings: this.#scene.settings,
      store: this.#store,
      storeTimeoutMs: this.#scene.storeTimeoutMs,
    })
  }

  #begin(broker: ClusterBroker): void {
    broker.start().then(() => {
      if (broker.refusal !== null) {
        // It may have been held up, or the store was away: it tries again, as its supervisor would let it.
        this.#world.note(null, `broker ${broker.id} did not start: ${broker.refusal.message}`)
        broker.host.crash('process')
        this.#reboot(broker, 200)
      } else if (broker.address !== null && broker.host.alive) this.#clients.addresses.set(broker.id, broker.address)
    })
  }

  #reboot(broker: ClusterBroker, afterMs: number): void {
    this.#clients.addresses.delete(broker.id)
    this.#world.schedule(afterMs, 'timer', `reboot ${broker.id}`, null, () => {
      const next = this.#broker(broker.id, broker.host.reboot())
      this.#brokers.set(broker.id, next)
      this.#begin(next)
    })
  }

  #makeTopics(): void {
    const { history } = this
    const now = () => this.#world.time
    for (const { name, partitions } of this.#scene.topics) {
      for (let index = 0; index < partitions; index++)
        history.partitions.push(new PartitionTale(name, index, name !== DELAYED && name !== RETRIES, now, history.fail))
    }
    if (this.#scene.topics.some(({ name }) => name === RETRIES)) {
      this.#deadLetters = new PartitionTale(DEAD_LETTERS, 0, false, now, history.fail)
      history.partitions.push(this.#deadLetters)
    }
    this.#clients.start('topic maker', async (session) => {
      const any = session.any()
      const answer = await any?.request(CreateTopics, 7, {
        timeoutMs: 5_000,
        topics: this.#scene.topics.map(({ name, partitions, configs }) => ({
          name,
          numPartitions: partitions,
          replicationFactor: 3,
          assignments: [],
          configs: Object.entries({
            ...configs,
            ...(this.#scene.doubleWritten.has(name) ? { 'replication.mode': 'sync' } : {}),
          }).map(([key, value]) => ({ name: key, value })),
        })),
      })
      const isMade = answer?.topics.every(({ errorCode }) => errorCode === 0 || errorCode === 36) ?? false
      const configured = await any?.request(IncrementalAlterConfigs, 1, {
        resources: [{ resourceType: GROUP_RESOURCE, resourceName: GROUP, configs: RETRY_CONFIGS }],
      })
      if (isMade && configured?.responses[0]?.errorCode === 0) return false
      await this.#clients.sleep(50)
      return true
    })
  }

  #startClients(): void {
    const random = this.#random
    for (const tale of this.history.partitions) {
      for (let at = 0; at <= random.below(2) && tale !== this.#deadLetters; at++) {
        new ClusterProducer({
          clients: this.#clients,
          tale,
          name: `${tale.topic}-${tale.index}.${at}`,
          ...this.#scene.producer(random),
          delayMsMax: tale.topic === DELAYED ? [50, 2_000][random.below(2)]! : 0,
          letters: tale.topic === RETRIES ? this.#deadLetters : null,
          acks: this.#scene.doubleWritten.has(tale.topic) ? 1 : -1,
        }).start()
      }
      for (let at = 0; at <= random.below(2); at++) this.#startGroup(tale, `g${at}-${tale.topic}-${tale.index}`)
    }
    const tales = this.history.partitions.filter((tale) => tale !== this.#deadLetters)
    const pauseMs = this.#scene.administratorPauseMs(random)
    new ClusterAdministrator(this.#clients, { tales, brokerIds: BROKERS, pauseMs }).start()
  }

  #startGroup(tale: PartitionTale, group: string): void {
    const { isAboutGroups, hasOnlookers } = this.#scene
    const consumer = new ClusterConsumer(this.#clients, tale, {
      group,
      reads: isAboutGroups ? 3 : 9,
      pauseMsMax: hasOnlookers ? COLLEAGUES_PAUSE_MS : 0,
      host: this.#colleagues,
    })
    consumer.start()
    if (hasOnlookers) new ClusterOnlooker(this.#clients, tale, group, consumer).start()
  }

  /** Looks all the time whether two brokers take themselves for the controller, or two were it in one epoch; and who is in sync. */
  #watch(): void {
    this.#inSync.look(this.#store.image, this.#brokers)
    const acting = [...this.#brokers.values()].filter(({ host, core }) => host.alive && core?.metadata.isController)
    if (acting.length > 1) this.history.fail(`brokers ${acting.map(({ id }) => id).join(' and ')} are both controller`)
    for (const { core } of acting) {
      const { controllerEpoch, controllerId } = core!.metadata.image
      const known = this.#controllerOf.get(controllerEpoch) ?? controllerId
      this.#controllerOf.set(controllerEpoch, known)
      if (known !== controllerId)
        this.history.fail(`brokers ${known} and ${controllerId} were controller in epoch ${controllerEpoch}`)
    }
    this.#world.schedule(LOOK_MS, 'timer', 'look at controllers', null, () => this.#watch())
  }

  /** Nothing fails any more, and all brokers serve. */
  async #heal(): Promise<void> {
    this.#faults.heal()
    await this.#settled(() => this.#clients.addresses.size === BROKERS.length, 'not all brokers came back')
  }

  /** Whether every replica of every partition is in sync and has the same, and nothing waits to be due. */
  #isWhole(): boolean {
    return this.#notWhole() === ''
  }

  #notWhole(): string {
    const cores = [...this.#brokers.values()].map(({ core }) => core!)
    const lacking: string[] = []
    // A broker's own may be of before who is in sync changed.
    const { image } = this.#store
    for (const { name, partitions } of image.topics.values()) {
      for (const { index, isr, replicas, leader } of partitions) {
        const holders = cores.filter(({ nodeId }) => replicas.includes(nodeId))
        const ends = new Set(holders.map(({ partitions: held }) => held.logOf(name, index)?.endOffset))
        const led = cores.find(({ nodeId }) => nodeId === leader)?.partitions.get(name, index)
        if (
          isr.length < replicas.length ||
          ends.size !== 1 ||
          led?.highWatermark !== led?.endOffset ||
          led === undefined
        )
          lacking.push(`${name}-${index} leader ${leader} isr ${isr} ends ${[...ends]} hw ${led?.highWatermark}`)
        const visible = image.topicsById.get(intakeTopicOf(name) ?? '')
        if (visible === undefined) continue
        // What waits is known only where one broker leads both.
        const shown = cores.find(({ nodeId }) => nodeId === leader)?.partitions.get(visible.name, index)
        const isOpen = shown !== undefined && cores.some(({ intakes }) => intakes.get(shown)?.isLoaded === true)
        if (!isOpen) lacking.push(`what waits in ${visible.name}-${index} is not known`)
      }
    }
    for (const core of cores) {
      for (const intake of core.intakes) if (!intake.isEmpty) lacking.push(`${intake.topic}-${intake.index} waits`)
    }
    return lacking.join('; ')
  }

  async #check(): Promise<void> {
    for (const tale of this.history.partitions) {
      // A topic of dead letters is made for the first.
      if (tale === this.#deadLetters && tale.acknowledged.size === 0) continue
      this.#readAll(tale, (records) => tale.check(records, tale.hasOffsets))
    }
    await this.#settled(() => this.#clients.actors.size === 0, 'what is there could not be checked')
    this.#checkReplicas()
  }

  /**
   * Reads a partition from its beginning to its end, and hands over what is there. A leader that has just become one knows a lower
   * high watermark for a moment, and shows no more (KIP-207).
   */
  #readAll(tale: PartitionTale, done: (records: { offset: number; id: string }[]) => void): void {
    this.#clients.start(`checker of ${tale.topic}-${tale.index}`, async (session) => {
      const all: { offset: number; id: string }[] = []
      const logs = [...this.#brokers.values()].flatMap(
        ({ core }) => core!.partitions.logOf(tale.topic, tale.index) ?? [],
      )
      const end = Math.max(...logs.map(({ endOffset }) => endOffset))
      for (let position = 0; ; ) {
        const leader = await session.leaderOf(tale.topic, tale.index)
        const found = leader === null ? null : await fetchOnce(leader, tale, position, 0)
        if (found === null || found.highWatermark < end) {
          session.forgetLeaders()
          await this.#clients.sleep(50)
          return true
        }
        all.push(...found.records.filter(({ offset }) => offset >= position))
        position = found.next
        if (position >= found.highWatermark) break
      }
      done(all)
      return false
    })
  }

  /** All replicas of a partition hold the same bytes. */
  #checkReplicas(): void {
    const cores = [...this.#brokers.values()].map(({ core }) => core!)
    for (const { name, partitions } of cores[0]!.metadata.image.topics.values()) {
      for (const { index } of partitions) {
        const logs = cores.flatMap(({ partitions: held }) => held.logOf(name, index) ?? [])
        const from = Math.max(...logs.map(({ startOffset }) => startOffset))
        // What happens in the cluster is noted meanwhile.
        const to = Math.min(...logs.map(({ endOffset }) => endOffset))
        const [first, ...others] = logs.map((log) => bytesOf(log, from, to))
        if (logs.some(({ config }) => config['cleanup.policy'].includes('compact'))) continue
        for (const other of others)
          if (!first!.equals(other)) this.history.fail(`the replicas of ${name}-${index} do not hold the same`)
      }
    }
  }

  #checkErrors(only?: ClusterBroker): void {
    for (const { id, errors } of only === undefined ? this.#brokers.values() : [only]) {
      const unexpected = errors.find((error) => !error.startsWith(DISK_FULL))
      if (unexpected !== undefined) this.history.fail(`broker ${id} logged an error: ${unexpected}`)
    }
  }

  /** Not at every step, as it costs more than that. */
  #nowAndThen(isSettled: () => boolean): () => boolean {
    let next = 0
    return () => {
      if (this.#world.time < next) return false
      next = this.#world.time + WHOLE_CHECK_MS
      return isSettled()
    }
  }

  async #settled(isSettled: () => boolean, problem: string | (() => string)): Promise<void> {
    const until = this.#world.time + DRAIN_MS_MAX
    await this.#world.runUntil(() => isSettled() || this.#world.time > until || this.history.failures.length > 0)
    if (this.#world.time > until && this.history.failures.length === 0)
      this.history.fail(`after ${DRAIN_MS_MAX} ms ${typeof problem === 'string' ? problem : problem()}`)
  }
}

function addressOf(brokerId: number): string {
  return `10.0.0.${brokerId}`
}

type ClusterLog = NonNullable<ReturnType<NonNullable<ClusterBroker['core']>['partitions']['logOf']>>

function bytesOf(log: ClusterLog, from: number, to: number): Buffer {
  const chunks: Buffer[] = []
  for (let offset = from; offset < to; ) {
    const { range } = log.read(offset, 1_000_000, to, true)
    if (range === null) break
    const bytes = log.readBatches(range)
    chunks.push(bytes)
    for (let at = 0; at + 61 <= bytes.length; at += 12 + bytes.readInt32BE(at + 8))
      offset = Number(bytes.readBigInt64BE(at)) + bytes.readInt32BE(at + 23) + 1
  }
  return Buffer.concat(chunks)
}
