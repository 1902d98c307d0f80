/**
 * A broker on a machine that fails, producers of records that wait, and one seed for everything: whatever happens, each
 * acknowledged record is there once.
 *
 *   start ▶ accept, deliver ▶ crash (power, process) or stop ▶ … ▶ last life: all is acknowledged and delivered ▶ check ▶
 *   stop ▶ start ▶ check again
 */
import { createSimHost, type SimHost, type SimRandom, SimWorld } from '@odradek/broker/src/host/sim/index.ts'
import { BatchCursor, CreateTopics, Fetch, IncrementalAlterConfigs, RecordCursor } from '@odradek/protocol'
import { BrokerLife, type Mutation } from '../broker-life.ts'
import { ClientSide } from '../client-side.ts'
import { History } from '../history.ts'
import { type Outcome, runToItsEnd } from '../outcome.ts'
import type { SimClient } from '../sim-client.ts'
import { DueWatch } from './due-watch.ts'
import { FailingConsumer } from './failing-consumer.ts'
import { type Found, TimedHistory } from './timed-history.ts'
import { TimedProducer } from './timed-producer.ts'

const TOPIC = 'timed'
const GROUP = 'g'
const DEAD_LETTERS = 'dlq.g'
const DRAIN_MS_MAX = 200_000
/** How long records wait at most: longer where the clock steps meanwhile. */
const DELAY_MS_MAX = [10, 500, 5_000] as const
const STEPPED_DELAY_MS_MAX = [500, 5_000, 20_000] as const
/** Batches of a producer: fewer there, so that nobody but the clock lets the broker look again. */
const BATCHES_MAX = 60
const STEPPED_BATCHES_MAX = 12
const CLOCK_STEPS_MIN = 8
const CLOCK_STEP_PAUSE_MS_MAX = 4_000
const CLOCK_STEP_MS_MAX = 10_000

export interface IntakeLife {
  readonly crashAtCall: number
  readonly lengthMs: number
  readonly end: 'process' | 'power' | 'clean'
}

export interface IntakeSimulationOptions {
  /** Lines of the trace that are kept [2000]. */
  readonly traceLinesMax?: number
  /** [none] */
  readonly mutation?: Mutation
  /** How the lives before the last end [as the seed says]. */
  readonly lives?: readonly IntakeLife[]
  /** Whether the topic waits for the disk [as the seed says]. */
  readonly isSync?: boolean
  /** How often records of a retry topic are retried; 0: timed messages [as the seed says]. */
  readonly retries?: number
}

/** Runs the simulation of a seed. What it finds wrong is in `failures`. */
export async function simulateIntake(seed: number, options: IntakeSimulationOptions = {}): Promise<Outcome> {
  const world = new SimWorld(seed, { traceLinesMax: options.traceLinesMax ?? 2000 })
  const simulation = new IntakeSimulation(world, options)
  const ended = await runToItsEnd(
    seed,
    world,
    () => simulation.run(),
    (problem) => simulation.history.fail(problem),
  )
  return {
    ...ended,
    failures: simulation.history.failures,
    counts: { acknowledged: simulation.timed.acknowledgedCount, lives: simulation.history.life },
  }
}

class IntakeSimulation {
  readonly history: History
  readonly timed: TimedHistory
  readonly #world: SimWorld
  readonly #clients: ClientSide
  readonly #options: IntakeSimulationOptions
  readonly #random: SimRandom
  readonly #isSync: boolean
  /** Of a retry topic how often its records are retried; 0: timed messages. */
  readonly #retries: number
  readonly #partitions: number
  readonly #config: Readonly<Record<string, string>>
  readonly #topicConfig: Readonly<Record<string, string>>
  #isScheduled = false
  #host: SimHost
  #life: BrokerLife

  constructor(world: SimWorld, options: IntakeSimulationOptions) {
    this.#world = world
    this.#options = options
    const random = world.random.fork()
    this.#random = random
    const isSync = random.chance(0.6)
    this.#isSync = options.isSync ?? isSync
    this.#partitions = 1 + random.below(2)
    const retries = random.chance(0.25) ? 1 + random.below(3) : 0
    this.#retries = options.retries ?? retries
    this.#config = {
      'flush.interval.ms': ['5', '50', '500'][random.below(3)]!,
      'log.retention.check.interval.ms': ['50', '300', '300000'][random.below(3)]!,
      'log.index.interval.bytes': ['0', '4096'][random.below(2)]!,
      'auto.create.topics.enable': 'false',
    }
    this.#topicConfig = {
      ...(this.#retries > 0 ? { 'message.type': 'RETRY', 'retry.group': GROUP } : { 'message.type': 'DELAY' }),
      'flush.mode': this.#isSync ? 'sync' : 'async',
      'segment.bytes': ['1024', '20000', '1000000'][random.below(3)]!,
    }
    this.#host = createSimHost(world, {
      name: 'broker',
      address: '10.0.0.1',
      disk: { syncMs: [0.5, 2, 20][random.below(3)]! },
    })
    const clientHost = createSimHost(world, { name: 'clients', address: '10.0.0.2' })
    this.history = new History(() => `life ${this.history.life}, ${world.time.toFixed(3)} ms`)
    this.timed = new TimedHistory(TOPIC, this.history.fail)
    this.#clients = new ClientSide(world, clientHost, this.history)
    this.#life = this.#newLife()
  }

  async run(): Promise<void> {
    const random = this.#random
    if (random.chance(0.3)) this.#stepClocks()
    this.#startClients()
    const watch = new DueWatch({
      world: this.#world,
      now: () => this.#host.clock.now(),
      intakes: () => (this.#host.alive && this.#life.address !== null ? this.#life.core?.intakes : undefined) ?? [],
      fail: (problem) => this.history.fail(problem),
    })
    watch.start()
    const lives = this.#options.lives ?? Array.from({ length: 1 + random.below(4) }, () => this.#lifePlan())
    for (const life of lives) {
      await this.#live(life)
      if (this.history.failures.length > 0) return
    }
    await this.#lastLife()
  }

  #newLife(): BrokerLife {
    return new BrokerLife(this.#host, this.#config, this.#options.mutation ?? ((host) => host))
  }

  #lifePlan(): IntakeLife {
    const random = this.#random
    // A power failure may take what is not flushed of topics that do not wait for it.
    const end = (
      this.#isSync ? (['power', 'power', 'process', 'clean'] as const) : (['process', 'process', 'clean'] as const)
    )[random.below(this.#isSync ? 4 : 3)]!
    const crashAtCall =
      end === 'clean' || random.chance(0.2)
        ? Number.POSITIVE_INFINITY
        : Math.floor(Math.exp(random.between(0, Math.log(3000))))
    return { crashAtCall, lengthMs: random.between(50, 4000), end }
  }

  #startClients(): void {
    const clients = this.#clients
    clients.start('topic maker', async (client) => {
      const configs = Object.entries(this.#topicConfig).map(([name, value]) => ({ name, value }))
      const topic = { name: TOPIC, numPartitions: this.#partitions, replicationFactor: 1, assignments: [], configs }
      const { topics } = await client.request(CreateTopics, 7, { topics: [topic], timeoutMs: 5000 })
      const { errorCode } = topics[0]!
      return errorCode !== 0 && errorCode !== 36
    })
    if (this.#retries > 0) this.#startRetries()
    const delays = this.timed.areClocksStepped ? STEPPED_DELAY_MS_MAX : DELAY_MS_MAX
    for (let partition = 0; partition < this.#partitions; partition++) {
      for (let at = 0; at <= this.#random.below(2); at++) {
        new TimedProducer({
          clients,
          history: this.timed,
          name: `${partition}.${at}`,
          partition,
          batches: 1 + this.#random.below(this.timed.areClocksStepped ? STEPPED_BATCHES_MAX : BATCHES_MAX),
          isHeld: () => this.#retries > 0 && !this.#isScheduled,
          delayMaxMs: delays[this.#random.below(3)]!,
        }).start()
      }
    }
  }

  /** The group's schedule, and consumers that fail with everything. */
  #startRetries(): void {
    const clients = this.#clients
    clients.start('schedule', async (client) => {
      const configs = [
        { name: 'retry.max.times', value: String(this.#retries), configOperation: 0 },
        { name: 'retry.delay.levels', value: '30ms,200ms', configOperation: 0 },
      ]
      const resources = [{ resourceType: 32, resourceName: GROUP, configs }]
      const { responses } = await client.request(IncrementalAlterConfigs, 1, { resources })
      this.#isScheduled = responses[0]!.errorCode === 0
      return !this.#isScheduled
    })
    for (let partition = 0; partition < this.#partitions; partition++) {
      const isOver = (position: number) => {
        const { core } = this.#life
        const isEmpty = [...(core?.intakes ?? [])].every((intake) => intake.isEmpty)
        return this.#isProduced() && isEmpty && core?.partitions.get(TOPIC, partition)?.endOffset === position
      }
      new FailingConsumer({ clients, history: this.timed, partition, isOver }).start()
    }
  }

  /** Whether nobody but consumers is at work. */
  #isProduced(): boolean {
    return [...this.#clients.actors].every((name) => name.startsWith('failing consumer'))
  }

  #stepClocks(): void {
    this.timed.areClocksStepped = true
    const random = this.#clients.random()
    let left = CLOCK_STEPS_MIN + random.below(CLOCK_STEPS_MIN)
    const next = () => {
      this.#clients.host.timers.after(random.between(0, CLOCK_STEP_PAUSE_MS_MAX), () => {
        this.#host.clock.step(random.between(-CLOCK_STEP_MS_MAX, CLOCK_STEP_MS_MAX))
        if (--left > 0) next()
      })
    }
    next()
  }

  async #live({ crashAtCall, lengthMs, end }: IntakeLife): Promise<void> {
    const { disk } = this.#host
    const death = end === 'clean' ? 'process' : end
    disk.crashAt(disk.calls + crashAtCall, death)
    if (await this.#start()) {
      const endsAt = this.#world.time + lengthMs
      await this.#world.runUntil(() => !this.#host.alive || this.#world.time >= endsAt)
      if (this.#host.alive && end === 'clean') await this.#life.close()
    }
    await this.#stop(death)
  }

  async #start(): Promise<boolean> {
    this.#life = this.#newLife()
    this.history.life++
    if ((await this.#life.open()) && (await this.#life.listen())) {
      this.#clients.address = this.#life.address
      return true
    }
    if (this.#host.alive) this.history.fail(`the broker did not start: ${this.#life.refusal?.stack}`)
    return false
  }

  async #stop(death: 'process' | 'power'): Promise<void> {
    const [error] = this.#life.errors
    if (error !== undefined) this.history.fail(`the broker logged an error: ${error}`)
    this.#host.crash(death)
    this.#clients.address = null
    await this.#world.runFor(this.#random.between(50, 600))
    this.#host = this.#host.reboot()
  }

  async #lastLife(): Promise<void> {
    const { history } = this
    this.#clients.draining = true
    if (!(await this.#start())) return
    const intakes = () => [...(this.#life.core?.intakes ?? [])]
    // After a start a topic that waits for the disk shows its end only when that is flushed.
    const isShown = () =>
      [...this.#life.core!.partitions].every(({ highWatermark, endOffset }) => highWatermark === endOffset)
    const isOver = () => this.#clients.actors.size === 0 && isShown() && intakes().every(({ isEmpty }) => isEmpty)
    const until = this.#world.time + DRAIN_MS_MAX
    await this.#world.runUntil(() => isOver() || this.#world.time > until)
    if (!isOver()) {
      const waiting = intakes().map(({ topic, index, waitingCount, refusals }) => ({
        topic,
        index,
        waitingCount,
        refusals,
      }))
      history.fail(
        `not over after ${DRAIN_MS_MAX} ms: ${[...this.#clients.actors].join(', ')} ${JSON.stringify(waiting)}`,
      )
      return
    }
    await this.#check()
    if (!(await this.#life.close())) history.fail(`the broker did not stop: ${this.#life.refusal?.stack}`)
    await this.#stop('process')
    if (!(await this.#start())) return
    await this.#world.runFor(2000)
    await this.#check()
    await this.#life.close()
  }

  async #check(): Promise<void> {
    this.#clients.start('checker', async (client) => {
      const all: Found[] = []
      for (let partition = 0; partition < this.#partitions; partition++) {
        const found = await readAll(client, TOPIC, partition)
        if (found === null) {
          await this.#clients.sleep(50)
          return true
        }
        if (this.#retries === 0) this.timed.check(partition, found)
        all.push(...found)
      }
      if (this.#retries > 0) this.timed.checkRetries(this.#retries, all, (await readAll(client, DEAD_LETTERS, 0)) ?? [])
      return false
    })
    const until = this.#world.time + DRAIN_MS_MAX
    await this.#world.runUntil(() => this.#clients.actors.size === 0 || this.#world.time > until)
    if (this.#clients.actors.size > 0) this.history.fail('what is there could not be checked')
  }
}

/** All records of a partition by their ids; null while it cannot be read, or its topic was never made. */
async function readAll(client: SimClient, topic: string, partition: number): Promise<Found[] | null> {
  const found: Found[] = []
  const cursor = new RecordCursor()
  for (let position = 0; ; ) {
    const response = await client.request(Fetch, 12, {
      maxWaitMs: 0,
      minBytes: 0,
      topics: [{ topic, partitions: [{ partition, fetchOffset: position, partitionMaxBytes: 100_000 }] }],
    })
    const { errorCode, highWatermark, records } = response.responses[0]!.partitions[0]!
    if (errorCode === 3) return []
    if (errorCode !== 0) return null
    if (records === null || position >= highWatermark) return found
    const batches = new BatchCursor(records)
    while (batches.next()) {
      position = batches.header.nextOffset
      cursor.open(batches.slice())
      while (cursor.next()) {
        const id = cursor.lastHeader(Buffer.from('id'))?.toString() ?? ''
        const times = Number(cursor.lastHeader(Buffer.from('RECONSUME_TIME'))?.toString() ?? 0)
        found.push({ id, timestamp: cursor.timestamp, times })
      }
    }
  }
}
