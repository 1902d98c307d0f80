/**
 * Opening the logs of a data directory. In this order, so that a log never gets what another of its name had, and is used only
 * when all is in it that was acknowledged:
 *
 *     claimed      what a start found under its name is its topic's, or set aside (unclaimed-logs.ts)
 *     forgotten    where it is new: journal and checkpoints hold nothing of one that is gone
 *     opened       its files are read, and after an unclean stop checked (recovery.ts)
 *     replayed     what the journal alone has is appended (journal-replay.ts)
 *     begun        it starts where the checkpoint says
 */
import type { BrokerConfig, TopicConfig } from '@odradek/config'
import { CorruptBatchError } from '@odradek/protocol'
import type { Logger } from 'pino'
import type { Host } from '../host/host.ts'
import { type Damage, DamagedLogError, tellDamage } from './damage.ts'
import type { DeletedFiles } from './deleted-files.ts'
import { type DiskRoom, noRoomError } from './disk-room.ts'
import type { FlushTally } from './flush-tally.ts'
import type { Journal } from './journal.ts'
import { replayJournal } from './journal-replay.ts'
import { Log } from './log.ts'
import type { LogCheckpoints } from './log-checkpoints.ts'
import type { LogCuts } from './log-cuts.ts'
import { logFileBytes } from './log-files.ts'
import type { LogOptions } from './log-options.ts'
import type { LogPlace } from './log-place.ts'
import type { RecencyBound } from './recency-bound.ts'
import type { RecoverySync } from './recovery-sync.ts'
import { KeptStages } from './stage.ts'
import type { UnclaimedLogs } from './unclaimed-logs.ts'

const MIB = 1024 * 1024
/** Of what is durable, so much is read again after an unclean stop in all logs together, or `MARK_BYTES_MIN` of each if that is more. */
const RECOVERY_BYTES = 1024 * MIB
const MARK_BYTES_MIN = MIB
const MARK_BYTES_MAX = 64 * MIB
/** What all logs together keep staged for the journal's sake. */
const KEPT_STAGES_BYTES_MAX = 32 * MIB

/** What a directory has for its logs. */
export interface LogOpenerOptions {
  readonly host: Pick<Host, 'disk' | 'clock'>
  /** The data directory. */
  readonly directory: string
  readonly config: BrokerConfig
  readonly logger: Logger
  /** Whether the stop before this start was clean. */
  readonly wasClean: boolean
  /** All that are open: one that is opened is among them before it is replayed. */
  readonly logs: Set<Log>
  readonly unclaimed: UnclaimedLogs
  readonly journal: Journal
  readonly checkpoints: LogCheckpoints
  readonly cuts: LogCuts
  readonly recoverySync: RecoverySync
  readonly deletedFiles: DeletedFiles
  readonly room: DiskRoom
  readonly tally: FlushTally
  readonly openFiles: RecencyBound
  readonly loadedIndexes: RecencyBound
  /** How many bytes of each log lie between marks, more or less [by how many logs there are] (recovery-marks.ts). */
  readonly markBytes?: number | undefined
  /** Whether room for so many bytes may be reserved ahead of what is written. */
  readonly mayReserve: (bytes: number) => boolean
  /** So many bytes more of a log are durable. */
  readonly flushed: (bytes: number) => void
  /** Writes the checkpoints, durably. Throws I/O errors. */
  readonly checkpointNow: () => void
  /** A log turned out to be damaged, or its disk could not read it. */
  readonly damaged: (log: Log, damage: Damage) => void
  readonly unreadable: (log: Log) => void
}

export class LogOpener {
  readonly #options: LogOpenerOptions
  readonly #keptStages = new KeptStages(KEPT_STAGES_BYTES_MAX)

  constructor(options: LogOpenerOptions) {
    this.#options = options
  }

  /**
   * A log that is damaged where a crash cannot have done it has `failed` set. `isFound`: there was something under its name.
   * One that was lost begins at `beginsAt`, 0 for any other. Throws I/O errors.
   */
  open(
    topic: string,
    partition: number,
    topicId: string,
    config: TopicConfig,
    beginsAt: number,
  ): { readonly log: Log; readonly isFound: boolean } {
    const { unclaimed, checkpoints, journal, logs } = this.#options
    const { isFound, isKnown } = unclaimed.claim(topic, partition, topicId)
    if (!isKnown) {
      // What is noted of a lost one holds until its directory is there again.
      if (beginsAt === 0) checkpoints.forget(topic, partition)
      journal.forget([{ topicId, partition }])
    }
    const found = this.#logOptions(topic, partition, topicId, config, isKnown)
    const options = isKnown || beginsAt === 0 ? found : { ...found, recoveryPoint: beginsAt, startOffset: beginsAt }
    const log = this.#read(options)
    logs.add(log)
    this.#replay(log)
    const { startOffset } = options
    if (!isKnown && beginsAt > 0) log.makeFiles()
    if (log.failed === null && log.endOffset < startOffset) log.beginAnewAt(startOffset)
    else if (log.failed === null) log.advanceStartOffset(startOffset)
    return { log, isFound }
  }

  /** Stands for a log that cannot be read, for `error`: it refuses everything, and nothing of it is touched. */
  unavailable(topic: string, partition: number, topicId: string, config: TopicConfig, error: Error): Log {
    return Log.damaged(this.#logOptions(topic, partition, topicId, config, false), error)
  }

  #logOptions(topic: string, partition: number, topicId: string, config: TopicConfig, isKnown: boolean): LogOptions {
    const { wasClean, checkpoints, journal, recoverySync, config: brokerConfig } = this.#options
    return {
      place: this.#placeOf(topic, partition, topicId, config),
      topic,
      partition,
      topicId,
      config,
      clean: wasClean,
      recoveryPoint: isKnown ? checkpoints.recoveryPoint(topic, partition) : 0,
      startOffset: isKnown ? checkpoints.startOffset(topic, partition) : 0,
      isJournaled: journal.found(topicId, partition) !== undefined,
      isSyncedTogether: recoverySync.isUnderWay,
      producerIdExpirationMs: brokerConfig['producer.id.expiration.ms'],
    }
  }

  #placeOf(topic: string, partition: number, topicId: string, config: TopicConfig): LogPlace {
    const { host, logs, journal, checkpoints, cuts, deletedFiles, checkpointNow } = this.#options
    const { openFiles, loadedIndexes, tally, room, logger, flushed, mayReserve, damaged, unreadable } = this.#options
    const place: LogPlace = {
      disk: host.disk,
      clock: host.clock,
      openFiles,
      loadedIndexes,
      journal,
      tally,
      room,
      keptStages: this.#keptStages,
      producerIdsMax: this.#options.config['producer.ids.max'],
      logger,
      directory: `${this.#options.directory}/${topic}-${partition}`,
      indexIntervalBytes: config['index.interval.bytes'],
      markBytes: () => this.#markBytes,
      flushed,
      discard: (paths, segments, delayMs) => deletedFiles.add(paths, segments, delayMs),
      mayReserve,
      damaged: (damage) => {
        for (const log of logs) if (log.directory === place.directory) damaged(log, damage)
      },
      unreadable: () => {
        for (const log of logs) if (log.directory === place.directory) unreadable(log)
      },
      cut: (offset, isStart = false) => {
        journal.cut([{ topicId, partition, offset }])
        if (isStart || checkpoints.mayPass(topic, partition, offset)) checkpointNow()
      },
      cutLater: (cut) => cuts.add({ topic, topicId, partition, cut }),
    }
    return place
  }

  get #markBytes(): number {
    const { markBytes, logs } = this.#options
    return markBytes ?? Math.max(MARK_BYTES_MIN, Math.min(MARK_BYTES_MAX, RECOVERY_BYTES / Math.max(1, logs.size)))
  }

  #read(options: LogOptions): Log {
    const { topic, partition, place } = options
    const { logger } = this.#options
    try {
      return Log.open(options)
    } catch (error) {
      if (!(error instanceof CorruptBatchError)) throw error
      if (error instanceof DamagedLogError) tellDamage(place, error)
      else
        logger.error({ topic, partition, err: error }, 'A log is damaged: it is offline, its files stay as they are.')
      return Log.damaged(options, error, logFileBytes(place.disk, place.directory))
    }
  }

  /** After an unclean stop: what is durable in the journal alone. */
  #replay(log: Log): void {
    const { host, journal, logger } = this.#options
    const { directory } = log
    if (log.failed !== null) {
      journal.keep(log)
      return
    }
    const { count, refusedFrom } = replayJournal(host.disk, journal, log)
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
}
