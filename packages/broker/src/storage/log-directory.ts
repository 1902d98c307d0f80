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
 *     <topic>-<partition>.<hex>-…/         one that was deleted or set aside (aside-names.ts)
 */
import type { TopicConfig } from '@odradek/config'
import type { DiskEntry, DiskLock } from '../host/disk.ts'
import { AsideNames, damagedLogOf, isDeletedName } from './aside-names.ts'
import { takeCleanShutdown, writeCleanShutdown } from './clean-shutdown.ts'
import { type Damage, DamagedLogError, tellDamage } from './damage.ts'
import { DeletedFiles } from './deleted-files.ts'
import { DepartingLogs } from './departing-logs.ts'
import { DirectoryIdentity } from './directory-identity.ts'
import { DiskRoom, isNoRoom } from './disk-room.ts'
import { FlushTally } from './flush-tally.ts'
import { foreignProblem } from './foreign-directory.ts'
import { Journal } from './journal.ts'
import type { Log } from './log.ts'
import { LogCheckpoints } from './log-checkpoints.ts'
import { LogCuts, type QueuedCut } from './log-cuts.ts'
import { LogDirectoryError } from './log-directory-error.ts'
import type { LogDirectoryOptions } from './log-directory-options.ts'
import type { FlushDone } from './log-flush.ts'
import { LogOpener } from './log-opener.ts'
import { LOADED_INDEXES_BYTES_MAX, RecencyBound } from './recency-bound.ts'
import { RecoveryProgress } from './recovery-progress.ts'
import { RecoverySync } from './recovery-sync.ts'
import { UnclaimedLogs } from './unclaimed-logs.ts'

const MIB = 1024 * 1024
const JOURNAL_DIRECTORY = 'journal'
/** The recovery points are written when so much was flushed since they were. */
const CHECKPOINT_BYTES = 256 * MIB
/**
 * From so many logs on what their recovery writes is made durable by one sync of the file system, which others may have
 * written much to.
 */
const SYNCED_TOGETHER_LOGS_MIN = 64

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
  /** What flushing has done. */
  readonly tally = new FlushTally()
  readonly #options: LogDirectoryOptions
  readonly #lock: DiskLock
  readonly #logs = new Set<Log>()
  readonly #journal: Journal
  readonly #room: DiskRoom
  readonly #checkpoints: LogCheckpoints
  readonly #unclaimed: UnclaimedLogs
  readonly #departing: DepartingLogs
  readonly #opener: LogOpener
  readonly #identity: DirectoryIdentity
  #closed = false
  readonly #recoverySync: RecoverySync
  /** Since the recovery points were last written. */
  #flushedBytes = 0

  /** Takes and reads a data directory; makes it where it is not there. Throws a LogDirectoryError when it cannot. */
  static open(options: LogDirectoryOptions): LogDirectory {
    return new LogDirectory(options)
  }

  private constructor(options: LogDirectoryOptions) {
    const { host, path: directory, nodeId, logger } = options
    const { disk } = host
    this.#options = options
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
      this.#identity = new DirectoryIdentity(host, directory, nodeId)
      this.wasClean = takeCleanShutdown(disk, directory)
      this.#recoverySync = new RecoverySync(disk, directory)
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
      const cuts = new LogCuts({
        ...host,
        directory,
        ...(options.sharedCutsMin === undefined ? {} : { sharedMin: options.sharedCutsMin }),
        tellJournal: (cuts, done) => this.#journal.cutLater(cuts, done),
        writeCheckpoints: (cuts, done) => this.#writeCheckpoints(cuts, done),
        synced: (count) => {
          this.tally.syncs += count
        },
      })
      const asideNames = new AsideNames(host)
      this.#unclaimed = new UnclaimedLogs({
        disk,
        directory,
        asideNames,
        logger,
        wasClean: this.wasClean,
        isDurable: (topic, partition) => this.#checkpoints.recoveryPoint(topic, partition) > 0,
      })
      this.#departing = new DepartingLogs({
        disk,
        directory,
        asideNames,
        deletedFiles: this.deletedFiles,
        checkpoints: this.#checkpoints,
        logger,
        leaveJournaled: (logs) => this.#journal.leave(logs),
        isOffline: () => this.offline !== null,
        failed: (error) => {
          if (!this.#closed) this.fail(error)
        },
      })
      this.#opener = new LogOpener({
        host,
        directory,
        config: options.config,
        logger,
        wasClean: this.wasClean,
        logs: this.#logs,
        unclaimed: this.#unclaimed,
        journal: this.#journal,
        checkpoints: this.#checkpoints,
        cuts,
        recoverySync: this.#recoverySync,
        deletedFiles: this.deletedFiles,
        room: this.#room,
        tally: this.tally,
        openFiles: options.openFiles ?? new RecencyBound(options.config['log.open.files.max']),
        loadedIndexes: options.loadedIndexes ?? new RecencyBound(LOADED_INDEXES_BYTES_MAX),
        markBytes: options.markBytes,
        mayReserve: (bytes) => this.mayReserve(bytes),
        flushed: (bytes) => this.#flushed(bytes),
        checkpointNow: () => this.checkpointNow(),
        damaged: (log, damage) => this.damaged(log, damage),
        unreadable: (log) => options.damaged?.(log),
      })
      this.#sortFound(entries)
    } catch (error) {
      lock.release()
      throw error
    }
    const logs = this.wasClean ? 0 : this.#unclaimed.names.size
    this.recovery = new RecoveryProgress({ clock: host.clock, logger, directory, logs })
    if (logs > 0)
      logger.warn({ directory }, 'The broker was not stopped cleanly: logs are checked from their recovery points on.')
  }

  /** What is in it at start. */
  #sortFound(entries: readonly DiskEntry[]): void {
    for (const { name, isDirectory } of entries) {
      if (!isDirectory) continue
      const damaged = damagedLogOf(name)
      if (isDeletedName(name)) this.deletedFiles.addDirectory(`${this.path}/${name}`)
      else if (damaged !== null) this.deletedFiles.keepDirectory(damaged, `${this.path}/${name}`)
      else this.#unclaimed.add(name)
    }
  }

  /** The cluster it belongs to; null while it is new. */
  get clusterId(): string | null {
    return this.#identity.clusterId
  }

  /** Its own id, of 22 characters; null while it is new. */
  get directoryId(): string | null {
    return this.#identity.directoryId
  }

  /** Makes a new directory the cluster's. Throws a LogDirectoryError when it is another's. */
  setClusterId(clusterId: string): void {
    this.#identity.setClusterId(clusterId)
  }

  get logs(): Iterable<Log> {
    return this.#logs
  }

  /** Logs in it, those that were not opened included. */
  get logCount(): number {
    return this.#logs.size + this.#unclaimed.names.size
  }

  /** The names `<topic>-<partition>` that are on disk but were not opened. */
  get unclaimed(): ReadonlySet<string> {
    return this.#unclaimed.names
  }

  /**
   * From now on many logs are opened, none of which is used before `endRecovery`: after an unclean stop that takes several
   * syncs of each, or one of all, where they are at least `logsMin`. A failure takes the directory offline.
   */
  beginRecovery(logsMin = SYNCED_TOGETHER_LOGS_MIN): void {
    if (this.offline !== null || this.wasClean || this.#unclaimed.names.size < logsMin) return
    try {
      this.#recoverySync.begin()
    } catch (error) {
      this.fail(error as Error)
    }
  }

  /**
   * What was written to recover logs since `beginRecovery` is durable when it resolves; a failure takes the directory offline.
   * Where it is already, nobody waits for its disk.
   */
  async endRecovery(): Promise<void> {
    if (!this.#recoverySync.isUnderWay) return
    const isWanted = this.offline === null
    if (isWanted) this.tally.syncs++
    try {
      await this.#recoverySync.end(isWanted)
    } catch (error) {
      this.fail(error as Error)
    }
  }

  /**
   * Opens a partition's log. What is there under its name with another topic's id (deleted and made again while this
   * broker was away) is set aside. A log that is damaged where a crash cannot have done it has `failed` set: it refuses
   * everything, the others go on. One that is not there begins at `beginsAt` [0].
   */
  openLog(topic: string, partition: number, topicId: string, config: TopicConfig, beginsAt = 0): Log {
    const { log, isFound } = this.#opener.open(topic, partition, topicId, config, beginsAt)
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
    return this.#opener.unavailable(topic, partition, topicId, config, error)
  }

  /** Whether a write found no room lately, whatever the system says of the room there is: a quota may be used up. */
  get lacksRoom(): boolean {
    return this.#room.isLacking
  }

  /** Whether too many files were open for a write lately. */
  get lacksFiles(): boolean {
    return this.#room.isLackingFiles
  }

  /** `error`, of those for want of room, kept something from being done: notes which room it was. */
  missedFor(error: unknown): void {
    this.#room.missedFor(error)
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

  /** What the checkpoints had of a log at the start: where it began and, as far as that was durable or committed, ended. */
  noted(topic: string, partition: number): { readonly startOffset: number; readonly endOffset: number } {
    const startOffset = this.#checkpoints.startOffset(topic, partition)
    const recoveryPoint = this.#checkpoints.recoveryPoint(topic, partition)
    // Of a log of which nothing was durable a power failure may have taken the directory.
    const committed = recoveryPoint > startOffset ? (this.highWatermark(topic, partition) ?? 0) : 0
    return { startOffset, endOffset: Math.max(recoveryPoint, committed) }
  }

  /** The log is not here any more: the checkpoints forget it when they are written next. */
  forgetNoted(topic: string, partition: number): void {
    this.#checkpoints.delete(topic, partition)
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
      const { host, logger } = this.#options
      tellDamage({ disk: host.disk, logger, directory: log.directory }, error)
    } catch (failure) {
      if (isNoRoom(failure)) this.#room.missedFor(failure)
      else this.fail(failure as Error)
    }
    this.#options.damaged?.(log)
  }

  /** Lets go of logs and removes their directories, off the loop. A failure takes the data directory offline. */
  deleteLogs(logs: readonly Log[]): void {
    for (const log of logs) this.#logs.delete(log)
    this.#departing.delete(logs)
  }

  /** Lets go of a damaged log whose records are fetched anew: what is left of them is kept until its room is needed. */
  setDamagedAside(log: Log): void {
    this.#logs.delete(log)
    this.#departing.setDamagedAside(log)
  }

  /**
   * Sets the directories aside that were found at start and whose topic is not among `topics` (by topic id) any more: kept,
   * under another name, for a person. What is no log stays as it is.
   */
  removeStrays(topics: { has(topicId: string): boolean }): void {
    this.#unclaimed.setStraysAside(topics)
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

  /**
   * Makes durable where logs start, and up to where they are, without waiting for the disk: `done` is called then, or with why it
   * cannot be, which takes the directory offline unless there merely is no room.
   */
  checkpointLater(done: FlushDone): void {
    this.#writeCheckpoints(null, done)
  }

  #writeCheckpoints(cuts: readonly QueuedCut[] | null, done: FlushDone): void {
    if (this.offline !== null) done(this.offline)
    else if (this.#closed || (cuts !== null && !this.#checkpoints.mayPassAny(cuts))) done(null)
    else this.#checkpoints.writeLater(this.#logs, done)
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
      this.#room.missedFor(error)
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
    this.#recoverySync.abandon()
    this.#journal.close(false)
    if (this.wasClean && this.#logs.size === 0) writeCleanShutdown(this.#options.host.disk, this.path, -1)
    this.#lock.release()
  }

  #journalFailed(error: Error): void {
    if (this.#closed) return
    this.#options.logger.error(
      { directory: this.path, err: error },
      'Writing the journal failed: the log directory is offline until the broker is restarted. Check the disk, then restart.',
    )
    this.fail(error)
  }
}
