/**
 * The data directories of a broker, `log.dirs`: each a disk of its own, as a rule. A partition's log is in one of them; a
 * new one goes where the fewest are. A directory whose disk fails is offline until the next start, the others go on.
 *
 * The first directory says which cluster it is: the metadata store is in it, and without it nothing starts. Another one
 * that cannot be read is offline from the start. Logs that are nowhere else are in it then, and are not made anew.
 */
import type { BrokerConfig, TopicConfig } from '@odradek/config'
import type { Logger } from 'pino'
import type { Host } from '../host/host.ts'
import { isNoFile, isNoRoom } from '../host/no-room.ts'
import type { Damage } from './damage.ts'
import {
  type KnownDirectories,
  missingDirectory,
  readKnownDirectories,
  writeKnownDirectories,
} from './known-directories.ts'
import type { Log } from './log.ts'
import { LogDirectory } from './log-directory.ts'
import { LogDirectoryError } from './log-directory-error.ts'
import { type LostLog, LostLogs } from './lost-logs.ts'
import { LOADED_INDEXES_BYTES_MAX, RecencyBound } from './recency-bound.ts'

export interface LogDirectoriesOptions {
  readonly host: Pick<Host, 'disk' | 'clock' | 'timers' | 'offload' | 'random'>
  /** At least one. They are made where they are not there. */
  readonly paths: readonly string[]
  readonly nodeId: number
  readonly config: BrokerConfig
  readonly logger: Logger
  /** `journal.bytes.max` as it is now [as in `config`]. */
  readonly journalBytesMax?: () => number
}

/** A log that may be in one of the directories. */
export interface FoundLog {
  readonly topic: string
  readonly partition: number
  readonly topicId: string
  readonly config: TopicConfig
}

/** A directory that cannot be used, and why. */
export interface OfflineDirectory {
  readonly path: string
  readonly error: Error
}

/** Hears that a directory has gone offline. */
export type OfflineListener = (directory: LogDirectory, error: Error) => void
/** Hears that a log turned out to be damaged, or could not be read. */
export type DamageListener = (log: Log) => void

interface Listeners {
  readonly offline: OfflineListener[]
  readonly damage: DamageListener[]
}

export class LogDirectories implements Iterable<LogDirectory> {
  readonly #options: LogDirectoriesOptions
  readonly #directories: readonly LogDirectory[]
  readonly #unreadable: readonly OfflineDirectory[]
  readonly #openFiles: RecencyBound
  readonly #listeners: Listeners
  /** What the start did not find. */
  readonly lost: LostLogs
  readonly #directoryOf = new Map<Log, LogDirectory>()
  /** Logs that were opened before anybody asked for them, by `<topic>-<partition>`. */
  readonly #openedAhead = new Map<string, Log>()
  /** Each stands for a log that could not be begun for want of room or files. */
  readonly #unbegun = new Set<Log>()
  /** Until the logs that were there at start are open, one that is not found may be in a directory that is not read. */
  #isStarting = true

  /** Takes and reads the directories. Throws a LogDirectoryError where one is not to be used, and what the first one throws. */
  static open(options: LogDirectoriesOptions): LogDirectories {
    const openFiles = openFilesBound(options.config['log.open.files.max'], options.host.disk.openFilesMax)
    const loadedIndexes = new RecencyBound(LOADED_INDEXES_BYTES_MAX)
    const listeners: Listeners = { offline: [], damage: [] }
    const failed: OfflineListener = (directory, error) => {
      for (const listener of listeners.offline) listener(directory, error)
    }
    const damaged: DamageListener = (log) => {
      for (const listener of listeners.damage) listener(log)
    }
    const twice = options.paths.find((path, index) => options.paths.indexOf(path) !== index)
    if (twice !== undefined) throw new LogDirectoryError(`log.dirs names ${twice} twice: name each directory once.`)
    const opened: LogDirectory[] = []
    const { disk } = options.host
    let known: KnownDirectories | null = null
    const unreadable: OfflineDirectory[] = []
    try {
      for (const path of options.paths) {
        const first = opened[0]?.path ?? null
        if (first !== null) known ??= readKnownDirectories(disk, first)
        try {
          const missing = first === null ? null : missingDirectory(disk, path, first, known!)
          if (missing !== null) throw missing
          opened.push(LogDirectory.open({ ...options, path, openFiles, loadedIndexes, failed, damaged }))
        } catch (error) {
          if (opened.length === 0 || error instanceof LogDirectoryError) throw error
          unreadable.push({ path, error: error as Error })
          options.logger.error(
            { directory: path, err: error },
            'A log directory cannot be read: it is offline. Check the disk, then restart.',
          )
        }
      }
      const older = opened.find(({ clusterId }) => clusterId !== null)
      if (older !== undefined && opened[0]!.clusterId === null)
        throw new LogDirectoryError(
          `The data directory ${older.path} has been in use, ${opened[0]!.path} is new: the metadata is in the one that was first in log.dirs. Put that first again.`,
        )
      return new LogDirectories(options, opened, unreadable, openFiles, listeners)
    } catch (error) {
      for (const directory of opened) directory.release()
      throw error
    }
  }

  private constructor(
    options: LogDirectoriesOptions,
    directories: readonly LogDirectory[],
    unreadable: readonly OfflineDirectory[],
    openFiles: RecencyBound,
    listeners: Listeners,
  ) {
    this.#listeners = listeners
    this.#options = options
    this.#directories = directories
    this.#unreadable = unreadable
    this.#openFiles = openFiles
    this.lost = new LostLogs(directories, options.logger)
  }

  /** From now on `listener` hears of directories that go offline, once of each. */
  onOffline(listener: OfflineListener): void {
    this.#listeners.offline.push(listener)
  }

  /** From now on `listener` hears of logs that turn out to be damaged, or cannot be read, while they are in use, once of each. */
  onDamaged(listener: DamageListener): void {
    this.#listeners.damage.push(listener)
  }

  /** Those that could be opened, offline ones included. */
  [Symbol.iterator](): Iterator<LogDirectory> {
    return this.#directories[Symbol.iterator]()
  }

  /** The one that has the metadata. */
  get first(): LogDirectory {
    return this.#directories[0]!
  }

  get offline(): OfflineDirectory[] {
    const failed = this.#directories.flatMap(({ path, offline }) => (offline ? [{ path, error: offline }] : []))
    return [...failed, ...this.#unreadable]
  }

  /** Whether a directory is left that can be used. */
  get isAnyOnline(): boolean {
    return this.#directories.some(({ offline }) => offline === null)
  }

  /**
   * Whether a log that was here may be gone: it is in none of the directories, and one of them is new, or one knows that it had
   * records. For the start, before logs are opened. One that nothing was written to yet has no directory either.
   */
  mayHaveLost(topic: string, partition: number): boolean {
    if (!this.isMissing(topic, partition)) return false
    return this.#directories.some(({ clusterId }) => clusterId === null) || this.lost.find(topic, partition) !== null
  }

  /** Whether there is no log of a partition here that can be read; for the start, before logs are opened. */
  isMissing(topic: string, partition: number): boolean {
    return !this.#directories.some(({ unclaimed }) => unclaimed.has(`${topic}-${partition}`))
  }

  /** The cluster they belong to; null while they are new. */
  get clusterId(): string | null {
    return this.first.clusterId
  }

  /** Makes new directories the cluster's. Throws a LogDirectoryError where one is another's. */
  setClusterId(clusterId: string): void {
    for (const directory of this.#directories) directory.setClusterId(clusterId)
    const { disk } = this.#options.host
    const known = readKnownDirectories(disk, this.first.path)
    const inUse = new Map(this.#directories.map(({ path, directoryId }) => [path, directoryId!]))
    for (const { path } of this.#unreadable) if (known.has(path)) inUse.set(path, known.get(path)!)
    writeKnownDirectories(disk, this.first.path, known, inUse)
  }

  /** Segment files that are open, of all logs together. */
  get openFiles(): number {
    return this.#openFiles.size
  }

  /** Where a log is; undefined when that cannot be read. */
  directoryOf(log: Log): LogDirectory | undefined {
    return this.#directoryOf.get(log)
  }

  /**
   * Opens those of `logs` that are there, before anybody asks for them: after an unclean stop that takes its time. `pause` is
   * awaited after each.
   */
  async openFound(logs: Iterable<FoundLog>, pause: () => Promise<void>): Promise<void> {
    for (const directory of this.#directories) directory.beginRecovery()
    for (const { topic, partition, topicId, config } of logs) {
      const name = `${topic}-${partition}`
      if (!this.#directories.some(({ unclaimed }) => unclaimed.has(name))) continue
      this.#openedAhead.set(name, this.openLog(topic, partition, topicId, config))
      await pause()
    }
    for (const directory of this.#directories) {
      await directory.endRecovery()
      if (directory.offline !== null && !this.isAnyOnline) throw directory.offline
    }
  }

  /**
   * Opens a partition's log where it is, or begins it where the fewest are; see LogDirectory.openLog. A directory that
   * cannot be read is taken offline, and its logs refuse everything, as long as another one is left. `isOnly`: no other broker has
   * a replica of it.
   */
  openLog(topic: string, partition: number, topicId: string, config: TopicConfig, isOnly = false): Log {
    const name = `${topic}-${partition}`
    const ahead = this.#openedAhead.get(name)
    if (ahead?.topicId === topicId) {
      this.#openedAhead.delete(name)
      ahead.configure(config)
      return ahead
    }
    // It was opened for a topic that is gone: what has its name since is not to get its files.
    if (ahead !== undefined) this.#putBack(name, ahead)
    const known = this.#directories.find(({ unclaimed }) => unclaimed.has(name))
    const lostIn = this.#isStarting && known === undefined ? this.#unreadable[0]?.error : known?.offline
    if (lostIn) return (known ?? this.#byUse()[0]!).unavailableLog(topic, partition, topicId, config, lostIn)
    const lost = this.#isStarting && known === undefined ? this.lost.begin(topic, partition, isOnly) : null
    const missed = (directory: LogDirectory, error: Error) => directory.missedFor(error)
    const { log, lack } = this.#openInOne({ topic, partition, topicId, config }, missed, lost)
    if (log.failed !== null && !this.isAnyOnline) throw log.failed
    if (lack === null) return log
    this.#unbegun.add(log)
    this.#options.logger.error(
      { directory: log.directory, topic, partition, err: lack },
      isNoFile(lack)
        ? 'A partition could not be begun: too many files are open (ulimit -n). It is offline until it can be, which is tried again and again.'
        : 'A partition could not be begun: the disk is full. It is offline until it can be, which is tried again and again.',
    )
    return log
  }

  /** Whether `log` stands for one that could not be begun for want of room or files. */
  isUnbegun(log: Log): boolean {
    return this.#unbegun.has(log)
  }

  /** All that stand for one that could not be begun. */
  get unbegun(): Iterable<Log> {
    return this.#unbegun
  }

  /**
   * Tries once more to begin the log that `standIn` stands for: the next `openLog` gives it out, or what it is now for another
   * reason. False where there still is no room for it.
   */
  beginAgain(standIn: Log): boolean {
    const { topic, partition } = standIn
    // Others that still lack room find out by themselves, and are not to be refused for this one.
    const { log, lack } = this.#openInOne(standIn, () => {})
    if (lack !== null) return false
    this.#unbegun.delete(standIn)
    this.#openedAhead.set(`${topic}-${partition}`, log)
    if (log.failed === null)
      this.#options.logger.info(
        { directory: log.directory, topic, partition },
        'A partition that could not be begun is.',
      )
    return true
  }

  /**
   * The log, or one that stands for it where it cannot be used; with `lack` where it could not be begun for want of room. `missed`
   * hears of each directory that lacks it. One that is `lost` begins where that says.
   */
  #openInOne(
    wanted: FoundLog,
    missed: (directory: LogDirectory, error: Error) => void,
    lost: LostLog | null = null,
  ): { readonly log: Log; readonly lack: Error | null } {
    const { topic, partition, topicId, config } = wanted
    const known = this.#directories.find(({ unclaimed }) => unclaimed.has(`${topic}-${partition}`))
    let lack: Error | null = null
    const directories = known !== undefined ? [known] : lost !== null ? [lost.directory] : this.#byUse()
    for (const directory of directories) {
      try {
        const log = this.#openIn(directory, wanted, lost?.endOffset ?? 0)
        this.#directoryOf.set(log, directory)
        return { log, lack: null }
      } catch (error) {
        // Of a new one nothing is lost; and the others can do without what there is no room for.
        if (known === undefined && isNoRoom(error) && directory.offline === null) {
          lack = error as Error
          missed(directory, lack)
          continue
        }
        directory.fail(error as Error)
        if (this.isAnyOnline)
          this.#options.logger.error(
            { directory: directory.path, err: error },
            'A log directory cannot be read: it is offline. Check the disk, then restart.',
          )
        return { log: directory.unavailableLog(topic, partition, topicId, config, error as Error), lack: null }
      }
    }
    return { log: directories[0]!.unavailableLog(topic, partition, topicId, config, lack!), lack }
  }

  /** Where too many files are open those of logs that need none are closed, and it is tried once more. */
  #openIn(directory: LogDirectory, { topic, partition, topicId, config }: FoundLog, beginsAt: number): Log {
    const isNew = !directory.unclaimed.has(`${topic}-${partition}`)
    try {
      return directory.openLog(topic, partition, topicId, config, beginsAt)
    } catch (error) {
      if (!isNew || !isNoFile(error) || directory.offline !== null) throw error
      this.#openFiles.releaseAll()
      return directory.openLog(topic, partition, topicId, config, beginsAt)
    }
  }

  /** Those that new logs may go to, the one with the fewest first. */
  #byUse(): LogDirectory[] {
    const online = this.#directories.filter(({ offline }) => offline === null)
    return online.length === 0 ? [this.first] : online.sort((a, b) => a.logCount - b.logCount)
  }

  /** Lets go of logs and removes their directories, off the loop. */
  deleteLogs(logs: readonly Log[]): void {
    for (const [directory, theirs] of Map.groupBy(logs, (log) => this.directoryOf(log))) {
      if (directory !== undefined) directory.deleteLogs(theirs)
      else for (const log of theirs) log.close(false)
      for (const log of theirs) {
        this.#directoryOf.delete(log)
        this.#unbegun.delete(log)
      }
    }
  }

  /** Lets go of a damaged log that is fetched anew; see LogDirectory. */
  setDamagedAside(log: Log): void {
    this.#directoryOf.get(log)?.setDamagedAside(log)
    this.#directoryOf.delete(log)
  }

  /** All open logs. */
  get logs(): Iterable<Log> {
    return this.#directoryOf.keys()
  }

  /** A part of `log` that was durable is damaged; see LogDirectory. */
  damaged(log: Log, damage: Damage): void {
    this.#directoryOf.get(log)?.damaged(log, damage)
  }

  /** All logs that were there at start are open: sets those aside that belong to none of `topics` (by topic id). */
  started(topics: { has(topicId: string): boolean }): void {
    this.#isStarting = false
    for (const [name, log] of this.#openedAhead) this.#putBack(name, log)
    for (const directory of this.#directories) if (directory.offline === null) directory.started(topics)
  }

  /** Closes a log that was opened ahead, and that nobody wants. A failure takes its directory offline. */
  #putBack(name: string, log: Log): void {
    const directory = this.#directoryOf.get(log)
    this.#openedAhead.delete(name)
    this.#directoryOf.delete(log)
    try {
      directory?.putBack(log)
    } catch (error) {
      directory!.fail(error as Error)
      if (!this.isAnyOnline) throw error
    }
  }

  /** Writes the checkpoints of all directories; see LogDirectory.checkpoint. */
  checkpoint(highWatermarks: ReadonlyMap<Log, number>): void {
    for (const directory of this.#directories) directory.checkpoint(highWatermarks)
  }

  /** Forgets producers that wrote nothing for long, in all logs. */
  expireProducers(): void {
    for (const directory of this.#directories) directory.expireProducers()
  }

  /** Makes all logs durable, off the loop; resolves in any case. */
  async flush(): Promise<void> {
    await Promise.all(this.#directories.map((directory) => directory.flush()))
  }

  /** Closes all, cleanly where nothing failed. */
  close(highWatermarks: ReadonlyMap<Log, number>): void {
    let failure: Error | null = null
    for (const directory of this.#directories) {
      try {
        directory.close(highWatermarks)
      } catch (error) {
        failure ??= error as Error
        this.#options.logger.error({ directory: directory.path, err: error }, 'A log directory was not closed cleanly.')
      }
    }
    if (failure !== null) throw failure
  }

  /** Gives all free and writes nothing: the start did not succeed. */
  release(): void {
    for (const directory of this.#directories) directory.release()
  }
}

/**
 * The bound of open segment files. Those with what is not flushed cannot be closed, and each needs two more for a moment when
 * it is new: they may be a quarter of what the system allows. Half as many, at most `openMax`, are kept open for readers.
 */
function openFilesBound(openMax: number, systemMax: number): RecencyBound {
  return new RecencyBound(Math.min(openMax, Math.ceil(systemMax / 8)), Math.ceil(systemMax / 4))
}
