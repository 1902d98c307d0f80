/**
 * The broker, put together:
 *
 *   host ─▶ log directory ─▶ metadata (store, image, controller) ─▶ partitions ─▶ groups ─▶ server
 *
 * It starts from left to right and stops from right to left. Listeners are bound first, so that the addresses are known
 * when the broker registers; connections are served when everything else is there.
 */
import { hostname } from 'node:os'
import { type BrokerConfig, type Listener, parseListener } from '@odradek/config'
import { clusterEventsTopic } from '@odradek/protocol'
import type { Logger } from 'pino'
import type { Health } from './admin/admin-listener.ts'
import { healthOf } from './broker-health.ts'
import { Cleanup } from './cleanup/cleanup.ts'
import { ClusterEvents } from './events/cluster-events.ts'
import { FlushSchedule } from './flush/flush-schedule.ts'
import { openFoundLogs } from './found-logs.ts'
import { GroupCoordinator } from './groups/group-coordinator.ts'
import { groupLimitsOf } from './groups/group-limits.ts'
import type { Timer } from './host/clock.ts'
import type { Host } from './host/host.ts'
import { Turn } from './host/turn.ts'
import { Intakes } from './intake/intakes.ts'
import { offsetsTopic } from './metadata/controller/internal-topic.ts'
import type { MetadataImage } from './metadata/image.ts'
import type { ImageChange } from './metadata/image-change.ts'
import { Metadata } from './metadata/metadata.ts'
import { type OpenedStore, openStore } from './metadata/open-store.ts'
import { ProducerIds } from './metadata/producer-ids.ts'
import type { MetadataStore } from './metadata/store.ts'
import type { Configs } from './metadata/values.ts'
import type { LatencyHistograms } from './metering/latency-histograms.ts'
import type { Partition } from './replication/partition.ts'
import { type LeadershipListener, Partitions } from './replication/partitions.ts'
import { Peers } from './replication/peers/peers.ts'
import { LedPartition } from './runtime/led-partition.ts'
import { advertisedListeners, untoldListeners } from './server/advertised-listeners.ts'
import type { BrokerContext } from './server/broker-context.ts'
import { FetchSessions } from './server/fetch-sessions.ts'
import { handlers } from './server/handlers/index.ts'
import { LateReads } from './server/late-reads.ts'
import { LogLimiter } from './server/log-limiter.ts'
import { ParkedFetches } from './server/parked-fetches.ts'
import { RequestMemory } from './server/request-memory.ts'
import { RequestMetrics } from './server/request-metrics.ts'
import { Server } from './server/server.ts'
import type { Damage } from './storage/damage.ts'
import type { Log } from './storage/log.ts'
import { LogDirectories } from './storage/log-directories.ts'
import { Scrub } from './storage/scrub.ts'

/** How often recovery points, start offsets and high watermarks are written down. */
const CHECKPOINT_INTERVAL_MS = 5_000
/** How often producers that write nothing any more are forgotten. */
const PRODUCER_CHECK_INTERVAL_MS = 600_000

const LOCALHOST_TOLD =
  'Clients and other brokers are told localhost, by which they reach this broker from its own machine alone. Set advertised.listeners to a name or address that they reach'

export interface BrokerCoreOptions {
  readonly host: Host
  /** The data directories; the first has the metadata too. */
  readonly dataDirs: readonly string[]
  /** Effective at start. */
  readonly config: BrokerConfig
  /** What was set, as texts by key. */
  readonly texts: Configs
  readonly logger: Logger
  /** Where the metadata is, of several brokers in this process; its owner closes it [what `metadata.store` names]. */
  readonly store?: MetadataStore
  /** Awaited before logs are checked after an unclean stop, which takes its time: the loop has its turns meanwhile. */
  readonly recovering?: (directories: LogDirectories) => Promise<void>
}

export class BrokerCore implements BrokerContext, LeadershipListener {
  readonly nodeId: number
  readonly logger: Logger
  readonly host: Host
  readonly turn: Turn
  readonly directories: LogDirectories
  readonly metadata: Metadata
  readonly partitions: Partitions
  /** The other brokers. */
  readonly peers: Peers
  readonly cleanup: Cleanup
  readonly scrub: Scrub
  readonly groups: GroupCoordinator
  readonly intakes: Intakes
  readonly events: ClusterEvents
  readonly producerIds: ProducerIds
  readonly fetchSessions: FetchSessions
  readonly parkedFetches: ParkedFetches
  readonly lateReads: LateReads
  readonly requestMemory: RequestMemory
  readonly requestMetrics = new RequestMetrics()
  readonly logLimiter: LogLimiter
  readonly handlers = handlers
  /** Null where it is not ours to close. */
  readonly #store: MetadataStore | null
  readonly #flushSchedule: FlushSchedule
  readonly #failed = Promise.withResolvers<Error>()
  readonly #timers = new Map<string, Timer>()
  readonly #stopFollowing: () => void
  #server: Server | null = null
  #isStopping = false

  private constructor(
    options: BrokerCoreOptions,
    turn: Turn,
    directories: LogDirectories,
    store: MetadataStore | null,
    producerIds: ProducerIds,
    metadata: Metadata,
  ) {
    const { host, config, logger } = options
    this.nodeId = config['node.id']
    this.logger = logger
    this.host = host
    this.turn = turn
    this.directories = directories
    this.metadata = metadata
    this.#store = store
    this.producerIds = producerIds
    this.fetchSessions = new FetchSessions(host, config['max.incremental.fetch.session.cache.slots'])
    this.parkedFetches = new ParkedFetches(() => this.config['fetch.parked.max'])
    this.lateReads = new LateReads(host.clock, turn)
    this.requestMemory = new RequestMemory(turn, () => this.config['memory.request.bytes.max'])
    this.logLimiter = new LogLimiter(host.clock, logger, () => this.config['log.client.warnings.max'])
    this.#flushSchedule = new FlushSchedule({
      clock: host.clock,
      timers: host.timers,
      turn,
      intervalMs: () => this.config['flush.interval.ms'],
      dirtyBytesMax: () => this.config['flush.dirty.bytes'],
      flushed: (log) => this.partitions.flushed(log),
      failed: (log, error) => this.partitions.logFailed(log, error),
    })
    const damaged = (log: Log, damage: Damage) => directories.damaged(log, damage)
    // Not in the midst of the read that came upon it.
    directories.onDamaged((log) => turn.defer('answer', { endTurn: () => this.partitions.damaged(log) }))
    this.cleanup = new Cleanup({
      host,
      logger,
      config: () => metadata.brokerConfig,
      directories: [...directories],
      partitions: () => this.partitions,
      followers: () => this.partitions.followers(),
      directoryOf: (log) => directories.directoryOf(log),
      isInternal: (topic) => metadata.image.topics.get(topic)?.isInternal === true,
      shortened: (partition) => this.partitions.get(partition.topic, partition.index)?.changed(),
      damaged,
      failed: (log, error) => this.partitions.logFailed(log, error),
    })
    this.scrub = new Scrub({
      clock: host.clock,
      timers: host.timers,
      offload: host.offload,
      disk: host.disk,
      logger,
      config: () => metadata.brokerConfig,
      logs: () => directories.logs,
      damaged,
    })
    const brokerListener = config['inter.broker.listener.name']
    this.peers = new Peers({
      host,
      nodeId: this.nodeId,
      addressOf: (id) => {
        const listeners = metadata.image.brokers.get(id)?.listeners ?? []
        return listeners.find(({ name }) => name === brokerListener) ?? listeners[0] ?? null
      },
    })
    this.partitions = new Partitions({
      nodeId: this.nodeId,
      config: () => metadata.brokerConfig,
      directories,
      flushSchedule: this.#flushSchedule,
      turn,
      logger,
      gaugeOf: (log) => this.cleanup.gaugeOf(log),
      allOffline: (error) => this.#failed.resolve(error),
      replication: {
        host,
        peers: this.peers,
        image: () => metadata.image,
        isCertainlyAlive: () => metadata.isCertainlyAlive,
        alterIsr: (changes) => metadata.replicas.alterIsr(changes),
        withdraw: (topicId, indexes) => metadata.replicas.withdraw(topicId, indexes),
      },
    })
    this.groups = new GroupCoordinator({
      clock: host.clock,
      timers: host.timers,
      turn,
      logger,
      random: host.random,
      limits: groupLimitsOf(config),
      topics: {
        byName: (name) => metadata.image.topics.get(name),
        byId: (topicId) => metadata.image.topicsById.get(topicId),
      },
      partitionCount: () => metadata.image.topics.get(offsetsTopic)?.partitions.length ?? 0,
      leaderOf: (index) => metadata.image.topics.get(offsetsTopic)?.partitions[index]?.leader ?? -1,
    })
    this.intakes = new Intakes({
      disk: host.disk,
      clock: host.clock,
      timers: host.timers,
      turn,
      logger,
      image: () => metadata.image,
      checkIntervalMs: () => this.config['log.retention.check.interval.ms'],
      partitionOf: (topicId, index) => this.partitions.byId(topicId, index),
      peers: this.peers,
      createDeadLetterTopic: (groupId) => this.#inBackground(metadata.ownTopics.createOfGroup('dlq', groupId)),
      deadLetterPrefix: () => this.config['dlq.topic.prefix'],
      retire: (topicId) => this.#inBackground(metadata.ownTopics.removeIntake(topicId)),
    })
    this.events = new ClusterEvents({
      clock: host.clock,
      timers: host.timers,
      turn,
      logger,
      image: () => metadata.image,
      isController: () => metadata.isController,
      createTopic: () => this.#inBackground(metadata.ownTopics.createEvents()),
    })
    this.partitions.listen(this)
    this.partitions.apply(metadata.image, metadata.image.topics.keys())
    this.directories.started(metadata.image.topicsById)
    this.#stopFollowing = metadata.onChange((image, previous, change) => this.#follow(image, previous, change))
    metadata.onHeldAgain(() => this.partitions.brokersKnown())
    this.cleanup.start()
    this.scrub.start()
    this.#every(
      'checkpoint',
      () => CHECKPOINT_INTERVAL_MS,
      () => this.#checkpoint(),
    )
    this.#every(
      'producers',
      () => PRODUCER_CHECK_INTERVAL_MS,
      () => directories.expireProducers(),
    )
  }

  /** Opens everything but the listeners. Rejects where the data directory is in use, or cannot be read. */
  static async open(options: BrokerCoreOptions): Promise<BrokerCore> {
    const { host, config, texts, logger, dataDirs } = options
    const turn = new Turn(host.timers, (error) => {
      logger.error({ err: error }, 'What a turn was to do failed; please report this as a bug')
    })
    let settings = () => config
    const directories = LogDirectories.open({
      host,
      paths: dataDirs,
      nodeId: config['node.id'],
      config,
      logger,
      journalBytesMax: () => settings()['journal.bytes.max'],
    })
    let store: MetadataStore | null = null
    try {
      // The directory takes its cluster id from metadata that is durable.
      const isExpected = directories.clusterId !== null
      const directory = `${directories.first.path}/metadata`
      const opened: OpenedStore =
        options.store === undefined
          ? await openStore(config, host, { directory, isExpected })
          : { store: options.store }
      store = options.store === undefined ? opened.store : null
      const nodeId = config['node.id']
      const metadata = await Metadata.open({
        ...opened,
        host,
        config: texts,
        logger,
        nodeId,
        clusterId: directories.clusterId,
        rack: config['broker.rack'] || null,
        isClean: [...directories].every(({ wasClean }) => wasClean),
        isLost: (topic, index) => directories.mayHaveLost(topic, index),
        isMissing: (topic, index) => directories.isMissing(topic, index),
        place: () => placeOf(directories.first.directoryId),
        sessionTimeoutMs: config['broker.session.timeout.ms'],
      })
      settings = () => metadata.brokerConfig
      directories.setClusterId(metadata.image.clusterId)
      if ([...directories].some(({ recovery }) => recovery.logs > 0)) {
        await options.recovering?.(directories)
        await openFoundLogs(directories, metadata, host)
      }
      return new BrokerCore(options, turn, directories, store, new ProducerIds(opened.store), metadata)
    } catch (error) {
      await store?.close()
      directories.release()
      throw error
    }
  }

  /** The settings in force, dynamic ones included. */
  get config(): BrokerConfig {
    return this.metadata.brokerConfig
  }

  /** Listens, makes the addresses known, and begins to serve. Returns the listeners with their real ports. */
  async listen(): Promise<Listener[]> {
    const server = new Server(this)
    this.#server = server
    const bound = await server.listen(this.config.listeners.map((text) => parseListener(text)!))
    const texts = this.config['advertised.listeners']
    const untold = untoldListeners(bound, texts)
    if (untold.length > 0) this.logger.warn({ listeners: untold }, LOCALHOST_TOLD)
    // Others may give up what they wait for once this broker serves.
    await this.partitions.withdrawn()
    await this.metadata.registerBroker(advertisedListeners(bound, texts))
    server.serve()
    return bound
  }

  get connections(): number {
    return this.#server?.connections ?? 0
  }

  /** How long flushes took; one row. */
  get flushLatency(): LatencyHistograms {
    return this.#flushSchedule.latency
  }

  /** Resolves when the last log directory failed: nothing can be served any more. */
  get failed(): Promise<Error> {
    return this.#failed.promise
  }

  /** What the admin listener says. */
  health(): Health {
    return healthOf(this, { isStopping: this.#isStopping })
  }

  /** Answers what was asked, flushes, notes that the stop was clean, and lets go of everything. */
  async close(): Promise<void> {
    const isHanded = await this.#handOver()
    this.#isStopping = true
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
    if (isHanded) {
      // Groups that no other broker can coordinate hear of it while they can still be answered.
      this.groups.close()
      await this.#server?.dismiss()
    }
    await this.#server?.close()
    await this.cleanup.close()
    await this.scrub.close()
    this.groups.close()
    this.intakes.close()
    this.events.close()
    this.partitions.close()
    this.peers.close()
    this.#stopFollowing()
    this.#flushSchedule.close()
    await this.metadata.close()
    await this.#store?.close()
    await this.directories.flush()
    this.directories.close(this.partitions.highWatermarks())
    await this.host.offload.close()
  }

  /** Whether clients are to be sent to others: all that others can lead they do. */
  async #handOver(): Promise<boolean> {
    const { metadata } = this
    const isAwaited = metadata.mustHandOver || (this.#server !== null && metadata.hasOthers)
    return isAwaited && (await metadata.handOver(this.config['controlled.shutdown.timeout.ms']))
  }

  led(partition: Partition): void {
    if (partition.topic === offsetsTopic) this.groups.lead(new LedPartition(partition))
    else if (partition.topic === clusterEventsTopic) this.events.led(new LedPartition(partition))
    this.intakes.led(partition)
  }

  lost(partition: Partition): void {
    if (partition.topic === offsetsTopic) this.groups.resign(partition.index)
    else if (partition.topic === clusterEventsTopic) this.events.lost()
    this.intakes.lost(partition)
  }

  #follow(image: MetadataImage, previous: MetadataImage, change: ImageChange): void {
    const everything = change.brokerConfigs.size > 0
    this.events.follow(image, previous, change)
    if (change.brokers.size > 0) this.partitions.brokersMoved(movedBrokers(image, previous, change))
    this.partitions.apply(image, everything ? image.topics.keys() : change.topics)
    if (change.brokers.size > 0) this.partitions.brokersKnown()
    const deleted = [...change.topics].filter(
      (name) => previous.topics.get(name)?.topicId !== image.topics.get(name)?.topicId && previous.topics.has(name),
    )
    if (deleted.length > 0) this.groups.topicsDeleted(deleted)
  }

  /** Lets a change of the metadata happen; where it fails it is tried again by whoever needs it. */
  #inBackground(change: Promise<unknown>): void {
    change.catch((error: Error) => this.logger.warn({ err: error }, 'A change of the metadata failed'))
  }

  /** Does `task` every so often, for as long as the broker runs. */
  #every(name: string, intervalMs: () => number, task: () => void): void {
    this.#timers.set(
      name,
      this.host.timers.after(intervalMs(), () => {
        if (this.directories.isAnyOnline) task()
        if (!this.#isStopping) this.#every(name, intervalMs, task)
      }),
    )
  }

  #checkpoint(): void {
    for (const replica of [...this.partitions, ...this.partitions.followers()]) {
      if (replica.offlineCode !== 0) continue
      try {
        replica.log.settle()
      } catch (error) {
        this.partitions.failed(replica, error as Error)
      }
    }
    this.directories.checkpoint(this.partitions.highWatermarks())
  }
}

/** Brokers that registered anew or are gone, of those that changed. */
function movedBrokers(image: MetadataImage, previous: MetadataImage, { brokers }: ImageChange): number[] {
  return [...brokers].filter((id) => image.brokers.get(id)?.epoch !== previous.brokers.get(id)?.epoch)
}

/** A directory that was copied to another machine is another place. */
function placeOf(directoryId: string | null): string | null {
  return directoryId === null ? null : `${hostname()} ${directoryId}`
}
