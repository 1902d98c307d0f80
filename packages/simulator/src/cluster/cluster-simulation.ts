/**
 * Three brokers on machines that fail, on a network that parts them, with a metadata store that is away at times; clients that
 * use them, and one seed for everything.
 *
 *   start ▶ create ▶ produce, read, commit, delay ─ meanwhile crashes, cuts ─▶ all is whole again ▶ bring all to an end ▶ check
 *
 * With `flush.mode=sync` the power fails wherever it likes, at all brokers at once too. With `async` what is acknowledged is in
 * page caches alone, so a broker loses its power only while another one that is in sync keeps what it has.
 */
import { createSimHost, SimCrash, type SimHost, type SimRandom, SimWorld } from '@odradek/broker/src/host/sim/index.ts'
import { EmbeddedStore } from '@odradek/broker/src/metadata/embedded-store.ts'
import { CreateTopics } from '@odradek/protocol'
import { ClusterBroker } from './cluster-broker.ts'
import { ClusterClients } from './cluster-clients.ts'
import { ClusterConsumer, fetchOnce } from './cluster-consumer.ts'
import { ClusterHistory, PartitionTale } from './cluster-history.ts'
import { ClusterProducer } from './cluster-producer.ts'

const BROKERS = [1, 2, 3] as const
const DRAIN_MS_MAX = 200_000
const DELAYED = 'delayed'

export interface ClusterOutcome {
  readonly seed: number
  readonly fingerprint: number
  readonly failures: readonly string[]
  readonly counts: Readonly<Record<string, number>>
  readonly steps: number
  readonly virtualMs: number
  readonly trace: () => string
}

export interface ClusterSimulationOptions {
  /** Lines of the trace that are kept [1000]. */
  readonly traceLinesMax?: number
  /** Whether nothing fails [false]. */
  readonly isCalm?: boolean
}

/** Runs the simulation of a seed. What it finds wrong is in `failures`. */
export async function simulateCluster(seed: number, options: ClusterSimulationOptions = {}): Promise<ClusterOutcome> {
  const world = new SimWorld(seed, { traceLinesMax: options.traceLinesMax ?? 1000 })
  const simulation = new ClusterSimulation(world, options)
  const { history } = simulation
  const unhandled = (error: unknown) => {
    if (!(error instanceof SimCrash)) history.fail(`a rejection nobody handled: ${(error as Error).stack}`)
  }
  process.on('unhandledRejection', unhandled)
  try {
    await simulation.run()
  } catch (error) {
    history.fail(`the simulation failed: ${(error as Error).stack}`)
  } finally {
    process.off('unhandledRejection', unhandled)
  }
  return {
    seed,
    fingerprint: world.trace.fingerprint,
    failures: history.failures,
    counts: history.counts,
    steps: world.steps,
    virtualMs: world.time,
    trace: () => world.trace.toString(),
  }
}

class ClusterSimulation {
  readonly history: ClusterHistory
  readonly #world: SimWorld
  readonly #random: SimRandom
  readonly #isCalm: boolean
  readonly #isSync: boolean
  readonly #settings: Readonly<Record<string, string>>
  readonly #topics: readonly { name: string; partitions: number; configs: Readonly<Record<string, string>> }[]
  readonly #clients: ClusterClients
  readonly #storeHost: SimHost
  readonly #store: EmbeddedStore
  readonly #brokers = new Map<number, ClusterBroker>()
  /** Faults that are under way, to be mended. */
  readonly #mend = new Set<() => void>()
  #isMending = false

  constructor(world: SimWorld, options: ClusterSimulationOptions) {
    this.#world = world
    this.#isCalm = options.isCalm ?? false
    const random = world.random.fork()
    this.#random = random
    const pick = <T>(...choices: readonly T[]): T => choices[random.below(choices.length)]!
    this.#isSync = random.chance(0.5)
    this.#settings = {
      'flush.mode': this.#isSync ? 'sync' : 'async',
      'flush.interval.ms': pick('5', '50', '500'),
      'default.replication.factor': '3',
      'min.insync.replicas': '2',
      'offsets.topic.num.partitions': '2',
      'offsets.topic.replication.factor': '3',
      'offsets.topic.segment.bytes': pick('5000', '104857600'),
      'broker.session.timeout.ms': pick('500', '1500'),
      'replica.lag.time.max.ms': pick('300', '2000'),
      'replica.fetch.wait.max.ms': pick('50', '500'),
      'replica.socket.timeout.ms': pick('300', '2000'),
      'replica.fetch.max.bytes': pick('1000', '1048576'),
      'controlled.shutdown.timeout.ms': '2000',
      'leader.imbalance.check.interval.seconds': pick('1', '300'),
      'leader.imbalance.per.broker.percentage': '0',
      'auto.create.topics.enable': 'false',
      'log.index.interval.bytes': pick('0', '4096'),
    }
    const segments = () => ({ 'segment.bytes': pick('1024', '20000', '1000000') })
    this.#topics = [
      { name: 'plain', partitions: 1 + random.below(3), configs: segments() },
      ...(random.chance(0.5)
        ? [{ name: DELAYED, partitions: 1, configs: { 'message.type': 'DELAY', ...segments() } }]
        : []),
    ]
    this.history = new ClusterHistory(() => `${world.time.toFixed(3)} ms`)
    const clientHost = createSimHost(world, { name: 'clients', address: '10.0.0.9' })
    this.#clients = new ClusterClients(world, clientHost, this.history)
    this.#storeHost = createSimHost(world, { name: 'store', address: '10.0.0.8' })
    const { disk, clock, timers } = this.#storeHost
    disk.makeDirectory('/store')
    this.#store = EmbeddedStore.open({ disk, clock, timers, directory: '/store' })
    for (const id of BROKERS) {
      const syncMs = pick(0.5, 2, 20)
      const host = createSimHost(world, { name: `broker-${id}`, address: addressOf(id), disk: { syncMs } })
      this.#brokers.set(id, this.#broker(id, host))
    }
  }

  async run(): Promise<void> {
    for (const broker of this.#brokers.values()) this.#begin(broker)
    await this.#world.runUntil(
      () => this.#clients.addresses.size === BROKERS.length || this.history.failures.length > 0,
    )
    this.#makeTopics()
    await this.#settled(() => this.#clients.actors.size === 0, 'the topics were not made')
    if (this.history.failures.length > 0) return
    this.#startClients()
    if (!this.#isCalm) this.#fail()
    await this.#world.runFor(this.#random.between(2_000, 12_000))
    await this.#heal()
    if (this.history.failures.length > 0) return
    this.#clients.draining = true
    await this.#settled(
      () => this.#clients.actors.size === 0,
      () => `still at work: ${[...this.#clients.actors].join(', ')}`,
    )
    if (this.history.failures.length > 0) return
    await this.#settled(
      () => this.#isWhole(),
      () => `the replicas are not whole: ${this.#notWhole()}`,
    )
    if (this.history.failures.length > 0) return
    await this.#check()
    this.#checkErrors()
  }

  #broker(id: number, host: SimHost): ClusterBroker {
    return new ClusterBroker({ id, host, settings: this.#settings, store: this.#store, storeHost: this.#storeHost })
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
    for (const { name, partitions } of this.#topics) {
      for (let index = 0; index < partitions; index++)
        history.partitions.push(new PartitionTale(name, index, name !== DELAYED, history.fail))
    }
    this.#clients.start('topic maker', async (session) => {
      const any = session.any()
      const answer = await any?.request(CreateTopics, 7, {
        timeoutMs: 5_000,
        topics: this.#topics.map(({ name, partitions, configs }) => ({
          name,
          numPartitions: partitions,
          replicationFactor: 3,
          assignments: [],
          configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
        })),
      })
      const isMade = answer?.topics.every(({ errorCode }) => errorCode === 0 || errorCode === 36) ?? false
      if (!isMade) await this.#clients.sleep(50)
      return !isMade
    })
  }

  #startClients(): void {
    const random = this.#random
    for (const tale of this.history.partitions) {
      for (let at = 0; at <= random.below(2); at++) {
        new ClusterProducer({
          clients: this.#clients,
          tale,
          name: `${tale.topic}-${tale.index}.${at}`,
          batches: 10 + random.below(200),
          depth: [1, 2, 5][random.below(3)]!,
          pauseMs: [2, 20, 100][random.below(3)]!,
          delayMsMax: tale.hasOffsets ? 0 : [50, 2_000][random.below(2)]!,
        }).start()
      }
      for (let at = 0; at <= random.below(2); at++)
        new ClusterConsumer(this.#clients, tale, `g${at}-${tale.topic}-${tale.index}`).start()
    }
  }

  /** Lets things fail now and then, until they are mended for good. */
  #fail(): void {
    const random = this.#random.fork()
    const meanMs = [400, 1_500, 4_000][random.below(3)]!
    const next = () => {
      this.#world.schedule(random.between(0, 2 * meanMs), 'timer', 'fault', null, () => {
        if (this.#isMending) return
        this.#strike(random)
        next()
      })
    }
    next()
  }

  #strike(random: SimRandom): void {
    const id = BROKERS[random.below(BROKERS.length)]!
    const broker = this.#brokers.get(id)!
    const lengthMs = random.between(50, 5_000)
    switch (random.below(8)) {
      case 0:
      case 1:
      case 2:
        this.#crash(broker, random)
        break
      case 3:
        if (this.#isSync && random.chance(0.4))
          for (const each of this.#brokers.values()) this.#kill(each, 'power', random)
        else this.#crash(broker, random)
        break
      case 4: {
        // One broker and one other: each still sees everybody else.
        const other = BROKERS[(BROKERS.indexOf(id) + 1) % BROKERS.length]!
        this.#part([[id, other]], lengthMs)
        break
      }
      case 5:
        this.#part(
          BROKERS.filter((each) => each !== id).map((each) => [id, each] as const),
          lengthMs,
        )
        break
      case 6:
        this.#cutStore([broker], lengthMs)
        break
      default:
        if (random.chance(0.5)) this.#cutStore([...this.#brokers.values()], lengthMs)
        else {
          // Away from the store and from the others, but not from clients: it thinks that it leads.
          this.#part(
            BROKERS.filter((each) => each !== id).map((each) => [id, each] as const),
            lengthMs,
          )
          this.#cutStore([broker], lengthMs)
        }
    }
  }

  #crash(broker: ClusterBroker, random: SimRandom): void {
    if (!broker.host.alive) return
    const isPower = this.#isSync ? random.chance(0.6) : random.chance(0.5) && this.#isSparable(broker.id)
    this.#kill(broker, isPower ? 'power' : 'process', random)
  }

  #kill(broker: ClusterBroker, death: 'power' | 'process', random: SimRandom): void {
    if (!broker.host.alive) return
    this.history.counts.crashes++
    this.#checkErrors(broker)
    this.#world.note(null, `broker ${broker.id} dies: ${death}`)
    broker.host.crash(death)
    this.#reboot(broker, random.between(50, 3_000))
  }

  /** Whether all that a broker has in sync is in sync elsewhere too, at brokers that live. */
  #isSparable(id: number): boolean {
    const alive = [...this.#brokers.values()].filter((each) => each.host.alive && each.core !== null && each.id !== id)
    const images = alive.map(({ core }) => core!.metadata.image).sort((a, b) => b.revision - a.revision)
    if (images.length < 2) return false
    for (const { partitions } of images[0]!.topics.values()) {
      for (const { isr, replicas } of partitions) if (isr.length < replicas.length) return false
    }
    return true
  }

  #part(pairs: readonly (readonly [number, number])[], lengthMs: number): void {
    this.history.counts.cuts++
    const { wire } = this.#world
    for (const [a, b] of pairs) wire.part(addressOf(a), addressOf(b))
    this.#world.note(null, `parted: ${JSON.stringify(pairs)}`)
    this.#mendAfter(lengthMs, () => {
      for (const [a, b] of pairs) wire.mend(addressOf(a), addressOf(b))
    })
  }

  #cutStore(brokers: readonly ClusterBroker[], lengthMs: number): void {
    this.history.counts.cuts++
    for (const { link } of brokers) link.isCut = true
    this.#world.note(null, `the store is away from ${brokers.map(({ id }) => id).join(', ')}`)
    this.#mendAfter(lengthMs, () => {
      for (const { link } of brokers) link.isCut = false
    })
  }

  #mendAfter(lengthMs: number, mend: () => void): void {
    const once = () => {
      if (this.#mend.delete(once)) mend()
    }
    this.#mend.add(once)
    this.#world.schedule(lengthMs, 'timer', 'mend', null, once)
  }

  /** Nothing fails any more, and all brokers serve. */
  async #heal(): Promise<void> {
    this.#isMending = true
    for (const mend of [...this.#mend]) mend()
    await this.#settled(() => this.#clients.addresses.size === BROKERS.length, 'not all brokers came back')
  }

  /** Whether every replica of every partition is in sync and has the same, and nothing waits to be due. */
  #isWhole(): boolean {
    return this.#notWhole() === ''
  }

  #notWhole(): string {
    const cores = [...this.#brokers.values()].map(({ core }) => core!)
    const lacking: string[] = []
    const image = cores[0]!.metadata.image
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
      }
    }
    for (const core of cores) {
      for (const intake of core.intakes) if (!intake.isEmpty) lacking.push(`${intake.topic}-${intake.index} waits`)
    }
    return lacking.join('; ')
  }

  async #check(): Promise<void> {
    for (const tale of this.history.partitions) {
      this.#clients.start(`checker of ${tale.topic}-${tale.index}`, async (session) => {
        const all: { offset: number; id: string }[] = []
        for (let position = 0; ; ) {
          const leader = await session.leaderOf(tale.topic, tale.index)
          const found = leader === null ? null : await fetchOnce(leader, tale, position, 0)
          if (found === null) {
            session.forgetLeaders()
            await this.#clients.sleep(50)
            return true
          }
          all.push(...found.records.filter(({ offset }) => offset >= position))
          position = found.next
          if (position >= found.highWatermark) break
        }
        tale.check(all, tale.hasOffsets)
        return false
      })
    }
    await this.#settled(() => this.#clients.actors.size === 0, 'what is there could not be checked')
    this.#checkReplicas()
  }

  /** All replicas of a partition hold the same bytes. */
  #checkReplicas(): void {
    const cores = [...this.#brokers.values()].map(({ core }) => core!)
    for (const { name, partitions } of cores[0]!.metadata.image.topics.values()) {
      for (const { index } of partitions) {
        const logs = cores.flatMap(({ partitions: held }) => held.logOf(name, index) ?? [])
        const from = Math.max(...logs.map(({ startOffset }) => startOffset))
        const [first, ...others] = logs.map((log) => bytesOf(log, from))
        if (logs.some(({ config }) => config['cleanup.policy'].includes('compact'))) continue
        for (const other of others)
          if (!first!.equals(other)) this.history.fail(`the replicas of ${name}-${index} do not hold the same`)
      }
    }
  }

  #checkErrors(only?: ClusterBroker): void {
    for (const { id, errors } of only === undefined ? this.#brokers.values() : [only]) {
      if (errors.length > 0) this.history.fail(`broker ${id} logged an error: ${errors[0]}`)
    }
  }

  async #settled(isSettled: () => boolean, problem: string | (() => string)): Promise<void> {
    const until = this.#world.time + DRAIN_MS_MAX
    await this.#world.runUntil(() => isSettled() || this.#world.time > until || this.history.failures.length > 0)
    if (!isSettled() && this.history.failures.length === 0)
      this.history.fail(`after ${DRAIN_MS_MAX} ms ${typeof problem === 'string' ? problem : problem()}`)
  }
}

function addressOf(brokerId: number): string {
  return `10.0.0.${brokerId}`
}

type ClusterLog = NonNullable<ReturnType<NonNullable<ClusterBroker['core']>['partitions']['logOf']>>

function bytesOf(log: ClusterLog, from: number): Buffer {
  const chunks: Buffer[] = []
  for (let offset = from; offset < log.endOffset; ) {
    const { range } = log.read(offset, 1_000_000, log.endOffset, true)
    if (range === null) break
    const bytes = log.readBatches(range)
    chunks.push(bytes)
    for (let at = 0; at + 61 <= bytes.length; at += 12 + bytes.readInt32BE(at + 8))
      offset = Number(bytes.readBigInt64BE(at)) + bytes.readInt32BE(at + 23) + 1
  }
  return Buffer.concat(chunks)
}
