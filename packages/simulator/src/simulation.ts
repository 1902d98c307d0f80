/**
 * A broker on a faulty machine, clients that use it, and one seed for everything that happens.
 *
 *   start ▶ check what is there ▶ serve ▶ crash (power, process) or stop ▶ … ▶ last life: bring all to an end ▶ check ▶
 *   stop ▶ check the files ▶ start ▶ check again
 */
import { createSimHost, type SimHost, type SimRandom, SimWorld } from '@odradek/broker/src/host/sim/index.ts'
import { offsetsTopic } from '@odradek/broker/src/metadata/controller/internal-topic.ts'
import { FindCoordinator, OffsetFetch } from '@odradek/protocol'
import { Administrator } from './administrator.ts'
import { BrokerLife, DATA_DIRECTORIES, type Mutation } from './broker-life.ts'
import { checkFiles } from './check-files.ts'
import { checkMetadata } from './check-metadata.ts'
import { checkPartition } from './check-partition.ts'
import { ClientSide } from './client-side.ts'
import { Consumer } from './consumer.ts'
import { GroupMember } from './group-member.ts'
import { History } from './history.ts'
import { type Outcome, runToItsEnd } from './outcome.ts'
import type { End } from './partition-history.ts'
import { type LifePlan, makePlan, type Plan } from './plan.ts'
import { Producer } from './producer.ts'
import type { TopicHistory } from './topic-history.ts'

export interface SimulationOptions {
  /** [none] */
  readonly mutation?: Mutation
  /** Lines of the trace that are kept [1000]. */
  readonly traceLinesMax?: number
  /** Whether system calls may fail as well [true]. */
  readonly withFaults?: boolean
  /** Whether the disk is so small that the oldest segments go before their time [false]. */
  readonly hasTightDisk?: boolean
}

const DRAIN_MS_MAX = 120_000
/** The oldest segments go most of the time, but nothing is ever refused. */
const TIGHT_DISK_BYTES = 16 * 1024 * 1024
const TIGHT_DISK_CONFIG = {
  'disk.check.interval.ms': '150',
  'disk.expire.above.percent': '1',
  'disk.force.above.percent': '2',
}
const OPEN_FOR_EVER: LifePlan = {
  crashAtCall: Number.POSITIVE_INFINITY,
  lengthMs: 0,
  end: 'clean',
  awayMs: 300,
  fault: null,
}

/** Runs the simulation of a seed. What it finds wrong is in `failures`. */
export async function simulate(seed: number, options: SimulationOptions = {}): Promise<Outcome> {
  const world = new SimWorld(seed, { traceLinesMax: options.traceLinesMax ?? 1000 })
  const simulation = new Simulation(world, options)
  const { history } = simulation
  const ended = await runToItsEnd(
    seed,
    world,
    () => simulation.run(),
    (problem) => history.fail(problem),
  )
  return {
    ...ended,
    failures: history.failures,
    counts: { ...history.counts, lost: history.lostRecords, lives: history.life },
  }
}

class Simulation {
  readonly history: History
  readonly #world: SimWorld
  readonly #plan: Plan
  readonly #clients: ClientSide
  readonly #mutation: Mutation
  #host: SimHost
  #life: BrokerLife
  /** The worst of how lives ended since logs were last found whole. */
  #end: End = 'clean'
  /** What was held for durable when the last life ended, by topic and partition. */
  #flushed = new Map<string, number>()

  constructor(world: SimWorld, options: SimulationOptions) {
    this.#world = world
    this.#mutation = options.mutation ?? ((host) => host)
    const random = world.random.fork()
    const plan = makePlan(random, options.withFaults ?? true)
    const isTight = options.hasTightDisk === true
    this.#plan = isTight ? { ...plan, config: { ...plan.config, ...TIGHT_DISK_CONFIG } } : plan
    const disk = { syncMs: plan.syncMs, ...(isTight ? { capacityBytes: TIGHT_DISK_BYTES } : {}) }
    this.#host = createSimHost(world, { name: 'broker', address: '10.0.0.1', disk })
    const clientHost = createSimHost(world, { name: 'clients', address: '10.0.0.2' })
    this.history = new History(() => `life ${this.history.life}, ${world.time.toFixed(3)} ms`)
    this.history.hasTightDisk = isTight
    this.#clients = new ClientSide(world, clientHost, this.history)
    this.#clients.areOffsetsSync = this.#plan.config['flush.mode'] === 'sync'
    this.#clients.offsetsPosition = (group) => this.#offsetsPosition(group)
    this.#life = new BrokerLife(this.#host, this.#plan.config, this.#mutation, this.#plan.directories)
  }

  async run(): Promise<void> {
    this.#startClients()
    for (const life of this.#plan.lives) {
      await this.#live(life)
      if (this.history.failures.length > 0) return
    }
    await this.#lastLife()
  }

  #startClients(): void {
    const { administrator, consumers, groups, cutsEveryMs, clockStepsEveryMs } = this.#plan
    const clients = this.#clients
    new Administrator(clients, administrator, (topic) => this.#produceTo(topic)).start()
    for (let i = 0; i < consumers; i++) new Consumer(clients).start()
    for (const member of groups.flat()) new GroupMember(clients, member).start()
    this.#nowAndThen(cutsEveryMs, (random) => this.#cutConnection(random))
    this.#nowAndThen(clockStepsEveryMs, (random) => this.#host.clock.step(random.between(-3000, 3000)))
  }

  #produceTo(topic: TopicHistory): void {
    for (const partition of topic.partitions) {
      for (const [at, plan] of this.#plan.producers(topic.name, topic.isCompacted).entries())
        new Producer(this.#clients, partition, plan, `${partition.name}/${at}`).start()
    }
  }

  /** Does `what` every `meanMs`, more or less, until clients begin nothing more. */
  #nowAndThen(meanMs: number, what: (random: SimRandom) => void): void {
    const random = this.#clients.random()
    if (!Number.isFinite(meanMs)) return
    const next = () => {
      this.#clients.host.timers.after(random.between(0, 2 * meanMs), () => {
        if (this.#clients.draining) return
        what(random)
        next()
      })
    }
    next()
  }

  #cutConnection(random: SimRandom): void {
    const { connections } = this.#world.wire
    if (connections.length === 0) return
    const connection = connections[random.below(connections.length)]!
    if (random.chance(0.8)) connection.cut()
    else connection.vanish()
  }

  /** One life of the broker, from start to end. */
  async #live(plan: LifePlan): Promise<void> {
    const { disk } = this.#host
    const death = plan.end === 'clean' ? 'power' : plan.end
    disk.crashAt(disk.calls + plan.crashAtCall, death)
    let end: End = death
    if (await this.#start()) {
      const endsAt = this.#world.time + plan.lengthMs
      if (plan.fault !== null) this.#plantFault(plan.fault)
      await this.#world.runUntil(() => !this.#host.alive || this.#world.time >= endsAt)
      if (this.#host.alive && plan.end === 'clean') {
        // A disk that fails may fail a stop; whether it did so is known afterwards.
        const isStopped = await this.#life.close()
        if (isStopped && !this.history.isFaulty) end = 'clean'
        else if (!this.history.isFaulty) this.#refused('did not stop')
      }
    }
    await this.#stop(end, death, plan.awayMs)
  }

  /** True when the broker serves; what it found is checked then. */
  async #start(): Promise<boolean> {
    this.#life = new BrokerLife(this.#host, this.#plan.config, this.#mutation, this.#plan.directories)
    if (!(await this.#life.open())) {
      this.#refused('did not start')
      return false
    }
    const { core } = this.#life
    this.history.life++
    checkMetadata(this.history, core!.metadata.image)
    for (const topic of this.history.topics.values()) {
      if (topic.state !== 'there') continue
      for (const partition of topic.partitions) {
        const log = core!.partitions.get(topic.name, partition.index)?.log
        if (log === undefined) partition.fail('is not led')
        else partition.recovered(log.endOffset, this.#end, this.#flushed.get(partition.name) ?? 0)
      }
    }
    this.#end = 'process'
    this.#flushed.clear()
    if (!(await this.#life.listen())) {
      this.#refused('did not listen')
      return false
    }
    this.#clients.address = this.#life.address
    return true
  }

  #refused(what: string): void {
    const { refusal } = this.#life
    if (this.#host.alive) this.history.fail(`the broker ${what}: ${refusal?.stack}`)
  }

  #plantFault({ call, code, afterMs }: NonNullable<LifePlan['fault']>): void {
    const host = this.#host
    this.#world.schedule(afterMs, 'timer', `fault ${call} ${code}`, null, () => {
      if (!host.alive) return
      this.history.isFaulty = true
      host.disk.failNext(call, code)
    })
  }

  /** The broker's process is no more; its machine boots again after a while. */
  async #stop(end: End, death: 'process' | 'power', awayMs: number): Promise<void> {
    const { errors, tally } = this.#life
    this.history.counts.journalSyncs += tally.journalSyncs
    this.history.counts.forced += this.#life.core?.cleanup.history.totals.forced.segments ?? 0
    if (errors.length > 0 && !this.history.isFaulty) this.history.fail(`the broker logged an error: ${errors[0]}`)
    this.#host.crash(death)
    this.#clients.address = null
    // Answers that were on their way still come.
    await this.#world.runFor(awayMs)
    this.#noteDurable(end)
    this.history.isFaulty = false
    this.#host = this.#host.reboot()
  }

  #noteDurable(end: End): void {
    const { history } = this
    if (this.#end !== 'power') this.#end = end === 'clean' ? this.#end : end
    for (const topic of history.topics.values()) {
      for (const partition of topic.partitions) {
        const flushed = this.#life.flushedOffset(topic.name, partition.index)
        const { name } = partition
        this.#flushed.set(name, Math.max(flushed, this.#flushed.get(name) ?? 0))
        if (end === 'clean') partition.durable = partition.end
      }
    }
    for (const { group, commits } of history.allCommits()) {
      const index = this.#life.offsetsPartition(group)
      const flushed = index === null ? 0 : this.#life.flushedOffset(offsetsTopic, index)
      commits.died(this.#world.time, end, flushed)
    }
  }

  #offsetsPosition(group: string): number {
    const index = this.#life.offsetsPartition(group)
    return (index === null ? 0 : this.#life.core?.partitions.get(offsetsTopic, index)?.log.endOffset) ?? 0
  }

  /** Everything begun comes to its end, and is there; also after a stop. */
  async #lastLife(): Promise<void> {
    const { history } = this
    this.#clients.draining = true
    if (!(await this.#start())) return
    const until = this.#world.time + DRAIN_MS_MAX
    await this.#world.runUntil(() => this.#clients.actors.size === 0 || this.#world.time > until)
    if (this.#clients.actors.size > 0) {
      history.fail(`still at work after ${DRAIN_MS_MAX} ms: ${[...this.#clients.actors].join(', ')}`)
      return
    }
    await this.#check()
    const before = [...this.#life.core!.partitions].map((partition) => ({ ...partition, end: partition.log.endOffset }))
    await this.#world.runFor(2 * Number(this.#plan.config['flush.interval.ms']) + 2000)
    for (const { topic, index, log, end } of before) {
      if (log.flushedOffset < end)
        history.fail(`${topic}-${index} ended at ${end}, and only ${log.flushedOffset} is flushed after a pause`)
    }
    if (history.failures.length > 0) return
    if (!(await this.#life.close())) {
      this.#refused('did not stop')
      return
    }
    await this.#stop('clean', 'power', OPEN_FOR_EVER.awayMs)
    for (const path of DATA_DIRECTORIES.slice(0, this.#plan.directories))
      checkFiles(this.#host.disk, path, history.fail)
    if (!(await this.#start())) return
    await this.#check()
    await this.#life.close()
  }

  async #check(): Promise<void> {
    const { history } = this
    this.#clients.start('checker', async (client) => {
      for (const topic of history.topics.values()) {
        if (topic.state === 'there')
          for (const partition of topic.partitions)
            await checkPartition(client, partition, (ms) => this.#clients.sleep(ms))
      }
      for (const [first] of this.#plan.groups) {
        const { group, topics } = first!
        await client.request(FindCoordinator, 4, { keyType: 0, coordinatorKeys: [group] })
        const known = topics.flatMap((name) => history.topics.get(name) ?? [])
        const answer = await client.request(OffsetFetch, 7, {
          groupId: group,
          topics: known.map(({ name, partitions }) => ({
            name,
            partitionIndexes: partitions.map(({ index }) => index),
          })),
        })
        if (answer.errorCode !== 0) {
          await this.#clients.sleep(50)
          return true
        }
        for (const { name, partitions } of answer.topics) {
          for (const { partitionIndex, committedOffset } of partitions) {
            const commits = history.commits(group, name, partitionIndex)
            commits.told(committedOffset, this.#world.time, history.life, this.#offsetsPosition(group), false)
          }
        }
      }
      return false
    })
    const until = this.#world.time + DRAIN_MS_MAX
    await this.#world.runUntil(() => this.#clients.actors.size === 0 || this.#world.time > until)
    if (this.#clients.actors.size > 0) history.fail('what is there could not be checked')
  }
}
