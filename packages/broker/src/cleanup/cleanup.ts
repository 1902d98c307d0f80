/**
 * Cleanup, driven: looks at each disk every `disk.check.interval.ms` and at each log every `log.retention.check.interval.ms`,
 * has compacted what is worth it, and tells what was done and what will be. The plans are pure (retention-plan.ts,
 * forced-plan.ts, compaction-plan.ts, cleanup-forecast.ts); here they are carried out.
 */
import type { BrokerConfig } from '@odradek/config'
import type { Logger } from 'pino'
import type { Timer } from '../host/clock.ts'
import type { Host } from '../host/host.ts'
import type { Damage } from '../storage/damage.ts'
import type { Log } from '../storage/log.ts'
import { type CleanedDirectory, CleanedDisk, type CleanedPartition } from './cleaned-disk.ts'
import { forecastCleanup, type TopicForecast } from './cleanup-forecast.ts'
import { Compaction } from './compaction.ts'
import { compactionDueAt } from './compaction-plan.ts'
import { DeletionHistory } from './deletion-history.ts'
import type { DiskGauge } from './disk-gauge.ts'
import { isAtLeast, usedPercent } from './disk-state.ts'
import { forcibleBytes } from './forced-plan.ts'
import type { Deletion } from './planned-log.ts'

export interface CleanupOptions {
  readonly host: Host
  readonly logger: Logger
  readonly config: () => BrokerConfig
  readonly directories: readonly CleanedDirectory[]
  /** The partitions that this broker leads. */
  readonly partitions: () => Iterable<CleanedPartition>
  /** Those that it follows: they are compacted here, but lose what is over when their leader has let go of it [none]. */
  readonly followers?: () => Iterable<CleanedPartition>
  /** The directory that a log lies in. */
  readonly directoryOf: (log: Log) => CleanedDirectory | undefined
  /** Topics of the broker itself: they are compacted, but never lose segments because a disk fills. */
  readonly isInternal: (topic: string) => boolean
  /** The log of a partition begins later now. */
  readonly shortened: (partition: CleanedPartition) => void
  /** A closed segment of a log does not hold what was written to it. */
  readonly damaged: (log: Log, damage: Damage) => void
  /** Deleting, or putting a compacted segment in place, failed: the log's disk has. */
  readonly failed: (log: Log, error: Error) => void
}

/** How a compacted log stands. */
export interface CompactedLog {
  readonly topic: string
  readonly partition: number
  /** Of closed segments that may be compacted. */
  readonly bytes: number
  /** Of those that are new since the last pass. */
  readonly dirtyBytes: number
  readonly dirtyRatio: number
  /** Everything before was compacted. */
  readonly compactedTo: number
  /** When it is worth a pass if nothing more is written, epoch milliseconds; null for never. */
  readonly dueAt: number | null
}

export class Cleanup {
  readonly history = new DeletionHistory()
  readonly compaction: Compaction
  readonly disks: readonly CleanedDisk[]
  readonly #options: CleanupOptions
  readonly #diskOf = new Map<CleanedDirectory, CleanedDisk>()
  readonly #timers = new Map<string, Timer>()
  #nextRetentionCheckAt = 0
  #closed = false

  /** Measures the disks; throws I/O errors. Nothing is deleted until `start`. */
  constructor(options: CleanupOptions) {
    const { host, logger, config } = options
    this.#options = options
    const byVolume = Map.groupBy(
      options.directories.filter(({ offline }) => offline === null),
      ({ path }) => host.disk.volume(path).id,
    )
    this.disks = [...byVolume.values()].map((directories) => this.#disk(directories))
    for (const disk of this.disks) {
      for (const directory of disk.directories) {
        this.#diskOf.set(directory, disk)
        directory.mayReserve = (bytes) => disk.gauge.admitsReserve(bytes)
      }
    }
    this.compaction = new Compaction({
      clock: host.clock,
      offload: host.offload,
      disk: host.disk,
      logger,
      config,
      mayWrite: (log, bytes) => this.#mayCompact(log, bytes),
      damaged: options.damaged,
      failed: options.failed,
    })
  }

  /** Begins to clean. */
  start(): void {
    this.#every(
      'disks',
      (config) => config['disk.check.interval.ms'],
      () => this.checkDisks(),
    )
    this.#every(
      'retention',
      (config) => config['log.retention.check.interval.ms'],
      () => this.checkRetention(),
    )
    this.#every(
      'compaction',
      (config) => config['log.cleaner.backoff.ms'],
      () => this.checkCompaction(),
    )
    this.#noteNextRetentionCheck()
    this.checkDisks()
  }

  /** Looks at every disk now. */
  checkDisks(): void {
    for (const disk of this.disks) disk.check(false)
  }

  /** Takes what is over, now. */
  checkRetention(): void {
    this.#noteNextRetentionCheck()
    for (const disk of this.disks) disk.check(true)
  }

  /** Has compacted what is worth it now. */
  checkCompaction(): void {
    if (!this.#options.config()['log.cleaner.enable']) return
    const { partitions, followers } = this.#options
    for (const { log, lastStableOffset, offlineCode } of [...partitions(), ...(followers?.() ?? [])]) {
      if (offlineCode !== 0 || log.failed !== null || !log.config['cleanup.policy'].includes('compact')) continue
      // No record may go for the sake of a newer one that a power failure could take.
      this.compaction.consider(log, Math.min(lastStableOffset, log.flushedOffset))
    }
  }

  /** How full the disk of a log is; null where that cannot be told, because its directory was offline at the start. */
  gaugeOf(log: Log): DiskGauge | null {
    return this.#diskOfLog(log)?.gauge ?? null
  }

  /** What will go by itself until `until` (epoch milliseconds), by topic. */
  forecast(until: number): TopicForecast[] {
    const { host, config, isInternal } = this.#options
    const diskOf = (partition: unknown) => this.#diskOfLog((partition as CleanedPartition).log)
    const forcing = this.disks.filter(({ gauge }) => gauge.isAtLeast('forcing'))
    return forecastCleanup({
      partitions: this.#usable(),
      config: config(),
      now: host.clock.now(),
      nextRetentionCheckAt: this.#nextRetentionCheckAt,
      until,
      isInternal,
      isDiskTight: (partition) => diskOf(partition)?.gauge.isAtLeast('expiring') ?? false,
      forced: forcing.map((disk) => ({
        partitions: this.#usable().filter(({ log }) => this.#diskOfLog(log) === disk),
        bytesWanted: disk.gauge.space.usedBytes - disk.gauge.thresholds.forcing,
      })),
    })
  }

  /** Disks that take no records, a sentence each. */
  problems(): string[] {
    return this.disks
      .filter(({ gauge }) => isAtLeast(gauge.toldState, 'refusing'))
      .map(({ gauge, isExhausted }) => {
        const used = usedPercent(gauge.space).toFixed(1)
        const what = gauge.toldState === 'full' ? 'no records are written' : 'records of clients are refused'
        const why = isExhausted ? ' Nothing is left there that may be deleted.' : ''
        return `The disk of ${gauge.path} is ${used} % full: ${what} until there is room.${why}`
      })
  }

  /** What forced deletion could free on a disk, at most. */
  forcibleBytes(disk: CleanedDisk): number {
    const partitions = this.#usable().filter(({ log }) => this.#diskOfLog(log) === disk)
    return forcibleBytes(partitions, this.#options.isInternal)
  }

  /** How compacted logs stand, of the topics that are wanted. */
  compactionStates(isWanted: (topic: string) => boolean): CompactedLog[] {
    const now = this.#options.host.clock.now()
    const states: CompactedLog[] = []
    for (const { topic, index, log, lastStableOffset } of this.#usable()) {
      if (!isWanted(topic) || !log.config['cleanup.policy'].includes('compact')) continue
      const state = this.compaction.stateOf(log, Math.min(lastStableOffset, log.flushedOffset))
      const { bytes, dirtyBytes, dirtyRatio, firstDirtyOffset } = state
      const dueAt = compactionDueAt(log, state, now)
      states.push({ topic, partition: index, bytes, dirtyBytes, dirtyRatio, compactedTo: firstDirtyOffset, dueAt })
    }
    return states
  }

  /** When retention is checked next, epoch milliseconds. */
  get nextRetentionCheckAt(): number {
    return this.#nextRetentionCheckAt
  }

  /** Deletes and compacts nothing more; ends when what is under way has ended. */
  async close(): Promise<void> {
    this.#closed = true
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
    await Promise.all([this.compaction.close(), ...this.disks.map((disk) => disk.close())])
  }

  #disk(directories: readonly CleanedDirectory[]): CleanedDisk {
    const { host, logger, config, isInternal } = this.#options
    const own = new Set(directories)
    return new CleanedDisk({
      host,
      logger,
      config,
      directories,
      partitions: () => this.#usable().filter(({ log }) => own.has(this.#options.directoryOf(log)!)),
      isSpared: isInternal,
      carryOut: (deletion) => this.#carryOut(deletion),
    })
  }

  #usable(): CleanedPartition[] {
    return [...this.#options.partitions()].filter(({ offlineCode, log }) => offlineCode === 0 && log.failed === null)
  }

  #diskOfLog(log: Log): CleanedDisk | undefined {
    const directory = this.#options.directoryOf(log)
    return directory === undefined ? undefined : this.#diskOf.get(directory)
  }

  /** Carries a deletion out; bytes that were let go of at once. */
  #carryOut(deletion: Deletion<CleanedPartition>): number {
    const { partition, segments } = deletion
    const { log } = partition
    const active = log.segments().at(-1)
    if (active === undefined || active.size === 0 || !segments.includes(active)) return this.#delete(deletion)
    // The next segment and its name have to be durable before the last goes: that is waited for off the loop.
    try {
      log.roll()
    } catch (error) {
      this.#options.failed(log, error as Error)
      return 0
    }
    log.flush((error) => {
      if (error !== null) this.#options.failed(log, error)
      const closed = log.segments().slice(0, -1)
      const isThere = segments.every((segment) => closed.includes(segment))
      if (error === null && isThere && !this.#closed && partition.offlineCode === 0) this.#delete(deletion)
    })
    return 0
  }

  #delete({ partition, segments, reason }: Deletion<CleanedPartition>): number {
    const { host, logger, shortened, failed } = this.#options
    const { topic, index, log } = partition
    const bytes = segments.reduce((sum, { size }) => sum + size, 0)
    try {
      log.deleteSegments(segments)
    } catch (error) {
      failed(log, error as Error)
      return 0
    }
    const { startOffset } = log
    const time = host.clock.now()
    this.history.add({ time, topic, partition: index, reason, segments: segments.length, bytes, startOffset })
    logger.info(
      { topic, partition: index, reason, segments: segments.length, bytes, startOffset },
      'Old segments were let go.',
    )
    shortened(partition)
    return bytes
  }

  /** Compaction writes before it frees: where that would fill the disk, it waits. */
  #mayCompact(log: Log, bytes: number): boolean {
    const disk = this.#diskOfLog(log)
    if (disk === undefined) return true
    const { space, thresholds } = disk.gauge
    return space.usedBytes + bytes <= thresholds.full
  }

  #noteNextRetentionCheck(): void {
    const { host, config } = this.#options
    this.#nextRetentionCheckAt = host.clock.now() + config()['log.retention.check.interval.ms']
  }

  /** Does `task` every so often until `close`. */
  #every(name: string, intervalMs: (config: BrokerConfig) => number, task: () => void): void {
    const { host, config, logger } = this.#options
    const run = () => {
      try {
        task()
      } catch (error) {
        logger.error({ err: error }, 'Cleanup failed; please report this as a bug.')
      }
      if (!this.#closed) this.#every(name, intervalMs, task)
    }
    this.#timers.set(name, host.timers.after(intervalMs(config()), run))
  }
}
