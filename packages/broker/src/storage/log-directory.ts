/**
 * One data directory: a directory per partition, and what concerns all of them:
 *
 *     .lock                               held while a broker uses it
 *     meta.properties                     whose it is (meta-properties.ts)
 *     .kafka_cleanshutdown                the last stop was clean (clean-shutdown.ts)
 *     recovery-point-offset-checkpoint    up to where each log is durable
 *     log-start-offset-checkpoint         where each log starts, where its first segment does not say
 *     replication-offset-checkpoint       high watermarks
 *     journal/                            what several logs were made durable by together (journal.ts)
 *     <topic>-<partition>/                a log
 *     <topic>-<partition>.<hex>-delete/   a deleted one, being removed
 *     <topic>-<partition>.<hex>-stray/    one that no topic of the cluster claims; kept for a person
 *     <topic>-<partition>.<hex>-damaged/  a damaged one that was fetched anew since; kept until its room is needed. The hex
 *                                         begins with when that was: a start keeps the newest of each log
 */
import { dirname } from 'node:path'
import type { BrokerConfig, TopicConfig } from '@odradek/config'
import { CorruptBatchError } from '@odradek/protocol'
import type { Logger } from 'pino'
import type { Disk, DiskLock, FileSystemSync } from '../host/disk.ts'
import type { Host } from '../host/host.ts'
import { takeCleanShutdown, writeCleanShutdown } from './clean-shutdown.ts'
import { type Damage, DamagedLogError, noteDamage, readDamage } from './damage.ts'
import { DeletedFiles } from './deleted-files.ts'
import { DiskRoom, isNoRoom, noRoomError } from './disk-room.ts'
import { FlushTally } from './flush-tally.ts'
import { foreignProblem, isForeignFolder } from './foreign-directory.ts'
import { Journal } from './journal.ts'
import { replayJournal } from './journal-replay.ts'
import { Log, type LogOptions } from './log.ts'
import { LogCheckpoints } from './log-checkpoints.ts'
import { LogCuts, type QueuedCut } from './log-cuts.ts'
import { logFileBytes } from './log-files.ts'
import type { FlushDone } from './log-flush.ts'
import type { LogPlace } from './log-place.ts'
import { decodeMetaProperties, encodeMetaProperties, META_PROPERTIES, type MetaProperties } from './meta-properties.ts'
import { decodePartitionMetadata, encodePartitionMetadata } from './partition-metadata.ts'
import { LOADED_INDEXES_BYTES_MAX, RecencyBound } from './recency-bound.ts'
import { RecoveryProgress } from './recovery-progress.ts'
import { LOG_SUFFIX, PARTITION_METADATA } from './segment-files.ts'
import { KeptStages } from './stage.ts'

const MIB = 1024 * 1024
const JOURNAL_DIRECTORY = 'journal'
const DELETE_SUFFIX = '-delete'
/** Nothing else that ends so is ours to remove. */
const DELETED_NAME = /\.[0-9a-f]{32}-delete$/
const STRAY_SUFFIX = '-stray'
const DAMAGED_SUFFIX = '-damaged'
/** Those that `odradek log repair` sets aside have a number: they are not ours to remove. */
const DAMAGED_NAME = /^(.+-\d+)\.[0-9a-f]{32}-damaged$/
/** Of a name's hex, so much is the time: milliseconds since the epoch. */
const TIME_BYTES = 6
const FILE_NAME_CHARACTERS_MAX = 255
/** The recovery points are written when so much was flushed since they were. */
const CHECKPOINT_BYTES = 256 * MIB
/** Of what is durable, so much is read again after an unclean stop in all logs together, or `MARK_BYTES_MIN` of each if that is more. */
const RECOVERY_BYTES = 1024 * MIB
const MARK_BYTES_MIN = MIB
const MARK_BYTES_MAX = 64 * MIB
/**
 * From so many logs on what their recovery writes is made durable by one sync of the file system, which others may have
 * written much to.
 */
const SYNCED_TOGETHER_LOGS_MIN = 64
/** For so many cuts at once the checkpoints are written without a look for each at what they say. */
const UNASKED_CUTS_MIN = 16
/** What all logs together keep staged for the journal's sake. */
const KEPT_STAGES_BYTES_MAX = 32 * MIB
const LOG_NAME = /^(.+)-(\d+)$/

/** Why a data directory cannot be used; the message is ready to print. */
export class LogDirectoryError extends Error {
  override readonly name = 'LogDirectoryError'
}

export interface LogDirectoryOptions {
  readonly host: Pick<Host, 'disk' | 'clock' | 'timers' | 'offload' | 'random'>
  /** The directory; made where it is not there. */
  readonly path: string
  readonly nodeId: number
  readonly config: BrokerConfig
  readonly logger: Logger
  /** How many bytes of each log lie between marks, more or less [by how many logs there are] (recovery-marks.ts). */
  readonly markBytes?: number
  /** The recovery points are written when so much was flushed since they were [256 MiB]. */
  readonly checkpointBytes?: number
  /** From so many on, logs that are cut at once are synced with all that is on their file system [16]. */
  readonly sharedCutsMin?: number
  /** `journal.bytes.max` as it is now [as in `config`]. */
  readonly journalBytesMax?: () => number
  /** Bounds shared with other directories [its own]. */
  readonly openFiles?: RecencyBound
  readonly loadedIndexes?: RecencyBound
  /** Hears once that the directory has gone offline. */
  readonly failed?: (directory: LogDirectory, error: Error) => void
  /** Hears of a log that turned out to be damaged, or that its disk could not read, while it was in use. */
  readonly damaged?: (log: Log) => void
}

export class LogDirectory {
  readonly path: string
  /** Whether the stop before this start was clean. */
  readonly wasClean: boolean
  /** What the logs that were there at start had to be read for. */
  readonly recovery: RecoveryProgress
  /** Why it is not used any more. */
  offline: Error | null = null
  /** What waits to be unlinked. */
  readonly deletedFiles: DeletedFiles
  /** Whether room for so many bytes may be reserved ahead of what is written [always]. */
  mayReserve: (bytes: number) => boolean = () => true
  readonly #options: LogDirectoryOptions
  readonly #lock: DiskLock
  readonly #openFiles: RecencyBound
  readonly #loadedIndexes: RecencyBound
  readonly #logs = new Set<Log>()
  readonly #journal: Journal
  readonly #room: DiskRoom
  readonly #cuts: LogCuts
  readonly #keptStages = new KeptStages(KEPT_STAGES_BYTES_MAX)
  /** What flushing has done. */
  readonly tally = new FlushTally()
  readonly #checkpoints: LogCheckpoints
  /** Directories that were found at start and not opened since. */
  readonly #unclaimed: Set<string>
  /** Null in a new directory, until the cluster is known. */
  #meta: MetaProperties | null
  #closed = false
  /** Makes durable what the recovery of logs writes that are opened meanwhile. */
  #recoverySync: FileSystemSync | null = null
  /** Since the recovery points were last written. */
  #flushedBytes = 0
  /** The time that the last name had that #uniqueName gave. */
  #namedMs = 0

  /** Takes and reads a data directory; makes it where it is not there. Throws a LogDirectoryError when it cannot. */
  static open(options: LogDirectoryOptions): LogDirectory {
    return new LogDirectory(options)
  }

  private constructor(options: LogDirectoryOptions) {
    const { host, path: directory, nodeId, logger } = options
    const { disk } = host
    this.#options = options
    this.#openFiles = options.openFiles ?? new RecencyBound(options.config['log.open.files.max'])
    this.#loadedIndexes = options.loadedIndexes ?? new RecencyBound(LOADED_INDEXES_BYTES_MAX)
    this.path = directory
    this.deletedFiles = new DeletedFiles(host, logger, (error) => this.fail(error))
    disk.makeDirectory(directory)
    const lock = disk.lock(`${directory}/.lock`)
    if (lock === null)
      throw new LogDirectoryError(
        `The data directory ${directory} is in use by another broker. Stop it, or use another.`,
      )
    this.#lock = lock
    try {
      const entries = disk.list(directory)
      const foreign = foreignProblem(disk, directory, entries)
      if (foreign !== null) throw new LogDirectoryError(foreign)
      this.#meta = readMeta(options, nodeId)
      if (this.#meta === null) syncParents(disk, directory)
      this.wasClean = takeCleanShutdown(disk, directory)
      this.#room = new DiskRoom(host.clock, logger, directory, () => this.dropSpares())
      this.#journal = Journal.open({
        disk,
        clock: host.clock,
        random: host.random,
        directory: `${directory}/${JOURNAL_DIRECTORY}`,
        bytesMax: options.journalBytesMax ?? (() => options.config['journal.bytes.max']),
        mayReserve: (bytes) => this.mayReserve(bytes),
        tally: this.tally,
        failed: (error) => this.#journalFailed(error),
      })
      // Logs that the last life made, and was ended before it named them durably: records may be acknowledged in them soon.
      if (!this.wasClean) disk.syncDirectory(directory)
      this.#checkpoints = new LogCheckpoints(disk, directory, logger, (error) => this.#checkpointFailed(error))
      this.#cuts = new LogCuts({
        ...host,
        directory,
        ...(options.sharedCutsMin === undefined ? {} : { sharedMin: options.sharedCutsMin }),
        tellJournal: (cuts, done) => this.#journal.cutLater(cuts, done),
        writeCheckpoints: (cuts, done) => this.#writeCheckpoints(cuts, done),
        synced: (count) => {
          this.tally.syncs += count
        },
      })
      this.#unclaimed = new Set()
      for (const { name, isDirectory } of entries) {
        if (!isDirectory) continue
        const damaged = DAMAGED_NAME.exec(name)?.[1]
        if (DELETED_NAME.test(name)) this.deletedFiles.addDirectory(`${directory}/${name}`)
        else if (damaged !== undefined) this.deletedFiles.keepDirectory(damaged, `${directory}/${name}`)
        else if (LOG_NAME.test(name)) this.#unclaimed.add(name)
      }
    } catch (error) {
      lock.release()
      throw error
    }
    const logs = this.wasClean ? 0 : this.#unclaimed.size
    this.recovery = new RecoveryProgress({ clock: host.clock, logger, directory, logs })
    if (logs > 0)
      logger.warn({ directory }, 'The broker was not stopped cleanly: logs are checked from their recovery points on.')
  }

  /** The cluster it belongs to; null while it is new. */
  get clusterId(): string | null {
    return this.#meta?.clusterId ?? null
  }

  /** Its own id, of 22 characters; null while it is new. */
  get directoryId(): string | null {
    return this.#meta?.directoryId ?? null
  }

  /** Makes a new directory the cluster's. Throws a LogDirectoryError when it is another's. */
  setClusterId(clusterId: string): void {
    const { host, nodeId } = this.#options
    if (this.#meta === null) {
      this.#meta = { clusterId, nodeId, directoryId: host.random.uuid() }
      host.disk.replaceFile(`${this.path}/${META_PROPERTIES}`, encodeMetaProperties(this.#meta))
    } else if (this.#meta.clusterId !== clusterId) {
      throw new LogDirectoryError(
        `The data directory ${this.path} belongs to cluster ${this.#meta.clusterId}, not to ${clusterId}.`,
      )
    }
  }

  get logs(): Iterable<Log> {
    return this.#logs
  }

  /** Logs in it, those that were not opened included. */
  get logCount(): number {
    return this.#logs.size + this.#unclaimed.size
  }

  /** The names `<topic>-<partition>` that are on disk but were not opened. */
  get unclaimed(): ReadonlySet<string> {
    return this.#unclaimed
  }

  /**
   * From now on many logs are opened, none of which is used before `endRecovery`: after an unclean stop that takes several
   * syncs of each, or one of all, where they are at least `logsMin`. A failure takes the directory offline.
   */
  beginRecovery(logsMin = SYNCED_TOGETHER_LOGS_MIN): void {
    if (this.offline !== null || this.wasClean || this.#unclaimed.size < logsMin) return
    try {
      this.#recoverySync = this.#options.host.disk.openFileSystemSync(this.path)
    } catch (error) {
      this.fail(error as Error)
    }
  }

  /**
   * What was written to recover logs since `beginRecovery` is durable when it resolves; a failure takes the directory offline.
   * Where it is already, nobody waits for its disk.
   */
  async endRecovery(): Promise<void> {
    const sync = this.#recoverySync
    if (sync === null) return
    this.#recoverySync = null
    try {
      if (this.offline !== null) return
      this.tally.syncs++
      await sync.sync()
    } catch (error) {
      this.fail(error as Error)
    } finally {
      sync.close()
    }
  }

  /**
   * Opens a partition's log. What is there under its name with another topic's id (deleted and made again while this
   * broker was away) is set aside. A log that is damaged where a crash cannot have done it has `failed` set: it refuses
   * everything, the others go on.
   */
  openLog(topic: string, partition: number, topicId: string, config: TopicConfig): Log {
    const { host } = this.#options
    const name = `${topic}-${partition}`
    const directory = `${this.path}/${name}`
    const isFound = this.#unclaimed.delete(name)
    let isKnown = isFound
    if (isKnown) {
      const foundId = this.#topicIdOf(name)
      // A log without an id in which nothing was ever durable may be a deleted topic's whose removal a crash undid.
      const mayBeOthers =
        !this.wasClean && foundId === null && this.#hasSegments(directory) && !this.#isDurable(topic, partition)
      if (mayBeOthers || (foundId !== null && foundId !== topicId)) {
        this.#setAside(name)
        isKnown = false
      }
      // A crash left it without, or with a part of it; once it has records, nobody could tell whose they are.
      else if (foundId === null)
        host.disk.replaceFile(`${directory}/${PARTITION_METADATA}`, encodePartitionMetadata(topicId))
    }
    if (!isKnown) this.#checkpoints.forget(topic, partition)
    if (!isKnown) this.#forgetJournaled([{ topicId, partition }])
    const options = this.#logOptions(topic, partition, topicId, config, isKnown)
    const log = this.#open(options)
    this.#logs.add(log)
    this.#replay(log)
    const { startOffset } = options
    if (log.failed === null && log.endOffset < startOffset) log.beginAnewAt(startOffset)
    else if (log.failed === null) log.advanceStartOffset(startOffset)
    if (isFound) this.recovery.add(log)
    return log
  }

  /** Closes a log that nobody wants, as if it had not been opened. */
  putBack(log: Log): void {
    log.close(log.failed === null)
    this.#logs.delete(log)
    this.#unclaimed.add(`${log.topic}-${log.partition}`)
  }

  /** Stands for a log that cannot be read, for `error`: it refuses everything, and nothing of it is touched. */
  unavailableLog(topic: string, partition: number, topicId: string, config: TopicConfig, error: Error): Log {
    return Log.damaged(this.#logOptions(topic, partition, topicId, config, false), error)
  }

  #logOptions(topic: string, partition: number, topicId: string, config: TopicConfig, isKnown: boolean): LogOptions {
    const { host, logger } = this.#options
    const place: LogPlace = {
      disk: host.disk,
      clock: host.clock,
      openFiles: this.#openFiles,
      loadedIndexes: this.#loadedIndexes,
      journal: this.#journal,
      tally: this.tally,
      room: this.#room,
      keptStages: this.#keptStages,
      producerIdsMax: this.#options.config['producer.ids.max'],
      logger,
      directory: `${this.path}/${topic}-${partition}`,
      indexIntervalBytes: config['index.interval.bytes'],
      markBytes: () =>
        this.#options.markBytes ??
        Math.max(MARK_BYTES_MIN, Math.min(MARK_BYTES_MAX, RECOVERY_BYTES / Math.max(1, this.#logs.size))),
      flushed: (bytes) => this.#flushed(bytes),
      discard: (paths, segments, delayMs) => this.deletedFiles.add(paths, segments, delayMs),
      mayReserve: (bytes) => this.mayReserve(bytes),
      damaged: (damage) => {
        for (const log of this.#logs) if (log.directory === place.directory) this.damaged(log, damage)
      },
      unreadable: () => {
        for (const log of this.#logs) if (log.directory === place.directory) this.#options.damaged?.(log)
      },
      cut: (offset, isStart = false) => {
        this.#journal.cut([{ topicId, partition, offset }])
        if (isStart || this.#checkpoints.mayPass(topic, partition, offset)) this.checkpointNow()
      },
      cutLater: (cut) => this.#cuts.add({ topic, topicId, partition, cut }),
    }
    return {
      place,
      topic,
      partition,
      topicId,
      config,
      clean: this.wasClean,
      recoveryPoint: isKnown ? this.#checkpoints.recoveryPoint(topic, partition) : 0,
      startOffset: isKnown ? this.#checkpoints.startOffset(topic, partition) : 0,
      isJournaled: this.#journal.found(topicId, partition) !== undefined,
      isSyncedTogether: this.#recoverySync !== null,
      producerIdExpirationMs: this.#options.config['producer.id.expiration.ms'],
    }
  }

  /** Whether a write found no room lately, whatever the system says of the room there is: a quota may be used up. */
  get lacksRoom(): boolean {
    return this.#room.isLacking
  }

  /** Whether too many files were open for a write lately. */
  get lacksFiles(): boolean {
    return this.#room.isLackingFiles
  }

  /** Bytes in the journal's files. */
  get journalBytes(): number {
    return this.#journal.sizeInBytes
  }

  /** Gives back what the disk holds only to be written to again. */
  dropSpares(): void {
    this.#journal.dropSpares()
  }

  /** All logs that were there at start are open; sets those aside that belong to none of `topics` (by topic id). */
  started(topics: { has(topicId: string): boolean }): void {
    this.removeStrays(topics)
    this.#journal.started()
  }

  /** The high watermark that was last written for a partition; undefined for a new one. */
  highWatermark(topic: string, partition: number): number | undefined {
    return this.#checkpoints.highWatermark(topic, partition)
  }

  /**
   * A part of `log` that was durable is not what it was: nothing of it is served any more, also after a restart, until it is
   * repaired. Where the disk does not even take a note of that the directory goes offline.
   */
  damaged(log: Log, damage: Damage): void {
    if (log.failed !== null) return
    const error = new DamagedLogError(log.directory, damage)
    log.fail(error)
    try {
      this.#noteDamage(log.directory, error)
    } catch (failure) {
      if (isNoRoom(failure)) this.#room.missed()
      else this.fail(failure as Error)
    }
    this.#options.damaged?.(log)
  }

  #noteDamage(directory: string, error: DamagedLogError): void {
    this.#options.logger.error(
      { directory, ...error.damage },
      'A log is damaged: it is offline. Run odradek log repair on its directory while the broker is stopped.',
    )
    const { disk } = this.#options.host
    if (readDamage(disk, directory) === null) noteDamage(disk, directory, error.damage)
  }

  /** Lets go of logs and removes their directories, off the loop. A failure takes the data directory offline. */
  deleteLogs(logs: readonly Log[]): void {
    this.#letGo(logs, DELETE_SUFFIX, (target) => this.deletedFiles.addDirectory(target))
  }

  /** Lets go of a damaged log whose records are fetched anew: what is left of them is kept until its room is needed. */
  setDamagedAside(log: Log): void {
    const { host, logger } = this.#options
    this.#letGo([log], DAMAGED_SUFFIX, (target) => {
      logger.warn({ directory: target }, 'A damaged replica was set aside. It is removed when its room is needed.')
      this.deletedFiles.keepDirectory(`${log.topic}-${log.partition}`, target)
      host.disk.syncDirectoryLater(this.path, (error) => {
        if (error !== null && !this.#closed) this.fail(error)
      })
    })
  }

  /** Renames the directories of logs; nothing is known of them any more. */
  #letGo(logs: readonly Log[], suffix: string, moved: (target: string) => void): void {
    for (const log of logs) this.#logs.delete(log)
    this.#orFail(() => this.#forgetJournaled(logs))
    for (const log of logs) {
      // What is on a disk that failed is found by the next start, which sets it aside.
      if (this.offline !== null) log.close(false)
      this.#orFail(() => {
        this.#checkpoints.delete(log.topic, log.partition)
        const target = `${this.path}/${this.#uniqueName(`${log.topic}-${log.partition}`, suffix)}`
        if (log.moveTo(target)) moved(target)
      })
    }
  }

  /** Does what it takes to let go of logs, unless the directory is offline; it is where that fails. */
  #orFail(run: () => void): void {
    if (this.offline !== null) return
    try {
      run()
    } catch (error) {
      this.#options.logger.error({ directory: this.path, err: error }, 'Logs could not be let go of.')
      this.fail(error as Error)
    }
  }

  /**
   * Sets the directories aside that were found at start and whose topic is not among `topics` (by topic id) any more: kept,
   * under another name, for a person. What is no log stays as it is.
   */
  removeStrays(topics: { has(topicId: string): boolean }): void {
    for (const name of [...this.#unclaimed]) {
      const topicId = this.#topicIdOf(name)
      if (topicId !== null && topics.has(topicId)) continue
      this.#unclaimed.delete(name)
      if (topicId === null && isForeignFolder(this.#options.host.disk, `${this.path}/${name}`)) continue
      this.#setAside(name)
    }
  }

  /**
   * Writes the checkpoints: up to where logs are durable, where they start, and the high watermarks given. The loop does not
   * wait for the disk; until it is done the old ones hold, which is safe. A failure takes the directory offline.
   */
  checkpoint(highWatermarks: ReadonlyMap<Log, number> = new Map()): void {
    this.#flushedBytes = 0
    if (this.offline === null) this.#checkpoints.write(this.#logs, highWatermarks)
  }

  /** The same, durable when it returns. Throws I/O errors. */
  checkpointNow(highWatermarks: ReadonlyMap<Log, number> = new Map()): void {
    if (this.offline === null) this.#checkpoints.writeNow(this.#logs, highWatermarks)
  }

  #writeCheckpoints(cuts: readonly QueuedCut[] | null, done: FlushDone): void {
    const isNeeded = cuts === null || cuts.length >= UNASKED_CUTS_MIN || cuts.some((cut) => this.#mayPass(cut))
    if (this.offline !== null) done(this.offline)
    else if (this.#closed || !isNeeded) done(null)
    else this.#checkpoints.writeLater(this.#logs, done)
  }

  #mayPass({ topic, partition, cut }: QueuedCut): boolean {
    return this.#checkpoints.mayPass(topic, partition, cut.lostFrom)
  }

  /** Something was flushed: after enough of it the recovery points are written. */
  #flushed(bytes: number): void {
    this.#flushedBytes += bytes
    const bytesMax = this.#options.checkpointBytes ?? CHECKPOINT_BYTES
    if (this.#flushedBytes >= bytesMax && !this.#closed) this.checkpoint()
  }

  #checkpointFailed(error: Error): void {
    if (this.#closed) return
    // The old one holds for as long.
    if (isNoRoom(error)) {
      this.#room.missed()
      return
    }
    this.#options.logger.error({ directory: this.path, err: error }, 'A checkpoint could not be written.')
    this.fail(error)
  }

  /** Forgets producers that wrote nothing for long, in all logs. */
  expireProducers(): void {
    const now = this.#options.host.clock.now()
    for (const log of this.#logs) log.expireProducers(now)
  }

  /** Takes the directory offline: its disk failed. Nothing is written to it any more, and nothing read. */
  fail(error: Error): void {
    if (this.offline !== null) return
    this.offline = error
    for (const log of this.#logs) log.fail(error)
    this.#options.failed?.(this, error)
  }

  /**
   * Makes all logs durable, off the loop: before a clean stop, so that no sync is under way when it ends whose failure
   * nobody would hear of. Resolves in any case; a log that failed says so.
   */
  async flush(): Promise<void> {
    const flushes = [...this.#logs].map((log) => new Promise<void>((resolve) => log.flush(() => resolve())))
    await Promise.all(flushes)
  }

  /**
   * Closes all logs, cleanly: everything is durable, and the next start trusts it. Not so when the directory or one of its
   * logs failed: then the next start checks the logs.
   */
  close(highWatermarks: ReadonlyMap<Log, number> = new Map(), brokerEpoch = -1): void {
    if (this.#closed) return
    this.#closed = true
    this.deletedFiles.close()
    try {
      let isClean = this.offline === null
      for (const log of this.#logs) {
        // Damage is noted in the log's directory: the next start knows of it.
        const isDamaged = log.failed instanceof DamagedLogError
        if (log.failed !== null && !isDamaged) isClean = false
        log.close(isClean && !isDamaged)
      }
      this.#journal.close(isClean)
      if (!isClean) return
      this.checkpointNow(highWatermarks)
      writeCleanShutdown(this.#options.host.disk, this.path, brokerEpoch)
    } finally {
      this.#lock.release()
    }
  }

  /** Gives the directory free and writes nothing: the start did not succeed. */
  release(): void {
    if (this.#closed) return
    this.#closed = true
    this.deletedFiles.close()
    for (const log of this.#logs) log.close(false)
    this.#recoverySync?.close()
    this.#journal.close(false)
    if (this.wasClean && this.#logs.size === 0) writeCleanShutdown(this.#options.host.disk, this.path, -1)
    this.#lock.release()
  }

  #open(options: LogOptions): Log {
    try {
      return Log.open(options)
    } catch (error) {
      if (!(error instanceof CorruptBatchError)) throw error
      if (error instanceof DamagedLogError) this.#noteDamage(options.place.directory, error)
      else {
        const { topic, partition } = options
        this.#options.logger.error(
          { topic, partition, err: error },
          'A log is damaged: it is offline, its files stay as they are.',
        )
      }
      return Log.damaged(options, error, logFileBytes(options.place.disk, options.place.directory))
    }
  }

  /** After an unclean stop: what is durable in the journal alone. */
  #replay(log: Log): void {
    const { host, logger } = this.#options
    const { directory } = log
    if (log.failed !== null) {
      this.#journal.keep(log)
      return
    }
    const { count, refusedFrom } = replayJournal(host.disk, this.#journal, log)
    log.write()
    // They were acknowledged: where their log has no room they stay in the journal, for a start that finds some.
    if (log.undone > 0) throw noRoomError(directory)
    if (count > 0) logger.info({ directory, count }, 'Records that were only in the journal are in the log now.')
    if (refusedFrom !== null)
      logger.warn(
        { directory, endOffset: log.endOffset, refusedFrom },
        'The journal has records that do not follow on the end of the log: they are dropped.',
      )
  }

  /** Logs are gone, durably so for the journal: others of their names and topics must not get what they had. */
  #forgetJournaled(logs: readonly { readonly topicId: string; readonly partition: number }[]): void {
    this.#journal.cut(logs.map(({ topicId, partition }) => ({ topicId, partition, offset: 0 })))
    this.#journal.forget(logs)
  }

  #journalFailed(error: Error): void {
    if (this.#closed) return
    this.#options.logger.error(
      { directory: this.path, err: error },
      'Writing the journal failed: the log directory is offline until the broker is restarted. Check the disk, then restart.',
    )
    this.fail(error)
  }

  /** What the log of that name says; null when it has no readable `partition.metadata`. */
  #topicIdOf(name: string): string | null {
    const bytes = this.#options.host.disk.readFile(`${this.path}/${name}/${PARTITION_METADATA}`)
    return bytes === null ? null : decodePartitionMetadata(bytes)
  }

  #hasSegments(directory: string): boolean {
    return this.#options.host.disk.list(directory).some(({ name }) => name.endsWith(LOG_SUFFIX))
  }

  /** Whether the checkpoint says that some of a log was durable: then its id was too, and has been damaged since. */
  #isDurable(topic: string, partition: number): boolean {
    return this.#checkpoints.recoveryPoint(topic, partition) > 0
  }

  #setAside(name: string): void {
    const { host, logger } = this.#options
    const target = this.#uniqueName(name, STRAY_SUFFIX)
    host.disk.rename(`${this.path}/${name}`, `${this.path}/${target}`)
    host.disk.syncDirectory(this.path)
    logger.warn(
      { directory: `${this.path}/${target}` },
      'A log that belongs to no topic is set aside. Remove it if you can do without.',
    )
  }

  /** A name that no other directory has, cut so that the file system takes it; those of a log sort by when they were given. */
  #uniqueName(name: string, suffix: string): string {
    const { clock, random } = this.#options.host
    const bytes = random.bytes(16)
    this.#namedMs = Math.max(clock.now(), this.#namedMs + 1)
    bytes.writeUIntBE(this.#namedMs, 0, TIME_BYTES)
    const unique = `.${bytes.toString('hex')}${suffix}`
    return name.slice(0, FILE_NAME_CHARACTERS_MAX - unique.length) + unique
  }
}

/**
 * Makes the names that lead to a new data directory durable, so that a power failure does not take all in it away. Also
 * where it was found made: the start that made it may have been killed before it came to this.
 */
function syncParents(disk: Disk, path: string): void {
  const parent = dirname(path)
  if (parent === path) return
  try {
    disk.syncDirectory(parent)
  } catch (error) {
    // Not ours to read, and so not made by us.
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EACCES' && code !== 'EPERM') throw error
  }
  syncParents(disk, parent)
}

/** Whose the directory is; null when it is new. */
function readMeta({ host, path }: LogDirectoryOptions, nodeId: number): MetaProperties | null {
  const file = `${path}/${META_PROPERTIES}`
  const bytes = host.disk.readFile(file)
  if (bytes === null) return null
  const meta = decodeMetaProperties(bytes.toString(), host.random.uuid())
  if (typeof meta === 'string') throw new LogDirectoryError(`${file} cannot be used: ${meta}.`)
  if (meta.nodeId !== nodeId)
    throw new LogDirectoryError(
      `The data directory ${path} belongs to node ${meta.nodeId}, not to ${nodeId} (node.id).`,
    )
  return meta
}
