/**
 * Keeping compacted topics small: decides which log is worth a pass (compaction-plan.ts), has it done beside the loop, one
 * log at a time (compaction-job.ts), and puts the result in place on the loop (storage/swap.ts). How far each log was
 * compacted is kept in `cleaner-offset-checkpoint` of the data directory.
 */
import type { BrokerConfig } from '@odradek/config'
import type { Logger } from 'pino'
import type { Clock } from '../host/clock.ts'
import type { Disk } from '../host/disk.ts'
import type { Offload } from '../host/offload.ts'
import { OffsetCheckpoint } from '../storage/checkpoint.ts'
import { CheckpointFile } from '../storage/checkpoint-file.ts'
import type { Damage } from '../storage/damage.ts'
import type { Log } from '../storage/log.ts'
import type { Segment } from '../storage/segment.ts'
import { removeCleaned } from '../storage/segment-writer.ts'
import { type CompactionArgs, type CompactionResult, job } from './compaction-job.ts'
import {
  type CompactionPlan,
  type CompactionState,
  compactionArgs,
  compactionState,
  isActiveOverdue,
  planCompaction,
} from './compaction-plan.ts'

const CHECKPOINT = 'cleaner-offset-checkpoint'

export interface CompactionOptions {
  readonly clock: Clock
  readonly offload: Offload
  readonly disk: Disk
  readonly logger: Logger
  readonly config: () => BrokerConfig
  /** Whether there is room for so many bytes more while a pass over a log is on [always]. */
  readonly mayWrite?: (log: Log, bytes: number) => boolean
  /** A segment does not hold what was written to it. */
  readonly damaged?: (log: Log, damage: Damage) => void
  /** Putting a result in place failed: the log's disk has. */
  readonly failed?: (log: Log, error: Error) => void
}

/** The pass that is on. */
export interface CompactionProgress {
  readonly topic: string
  readonly partition: number
  /** Monotonic milliseconds. */
  readonly since: number
  /** It reads what is new, then all. */
  readonly bytesToRead: number
  readonly bytesRead: number
}

/** One that waits for its turn. */
interface Waiting {
  readonly limit: number
  /** Of the log then: what was stable before a cut may be another record by now, and undecided. */
  readonly cuts: number
  readonly dirtyRatio: number
  /** The pass before ended where its memory did. */
  readonly isContinued: boolean
}

/** How far the logs of a data directory are compacted, and the file that says so. */
interface Checkpoint {
  readonly offsets: OffsetCheckpoint
  readonly file: CheckpointFile
}

export class Compaction {
  /** Since the start. */
  readonly totals = { passes: 0, ioBytes: 0, bytesFreed: 0 }
  readonly #options: CompactionOptions
  /** Logs that are worth a pass, with the limit that held when they were considered. */
  readonly #waiting = new Map<Log, Waiting>()
  /** Logs that hold what cannot be read. */
  readonly #uncleanable = new Set<Log>()
  readonly #checkpoints = new Map<string, Checkpoint>()
  /** The topic that an entry of a checkpoint is about, for topics made again under an old name. */
  readonly #topicIds = new Map<string, string>()
  #running: Promise<void> | null = null
  #pass: { readonly log: Log; readonly args: CompactionArgs; readonly bytesToRead: number; since: number } | null = null
  #closed = false

  constructor(options: CompactionOptions) {
    this.#options = options
  }

  /** Compacts `log` when it is worth while, in its turn. Records at or above `limit`, the end of what is stable and durable, stay. */
  consider(log: Log, limit: number): void {
    if (this.#closed || log.failed !== null || !log.config['cleanup.policy'].includes('compact')) return
    if (this.#uncleanable.has(log)) return
    const now = this.#options.clock.now()
    try {
      if (isActiveOverdue(log, now)) log.roll()
      const plan = planCompaction(log, this.#compactedTo(log), limit, now)
      if (plan === null) return
      this.#waiting.set(log, { limit, cuts: log.cuts, dirtyRatio: plan.dirtyRatio, isContinued: false })
    } catch (error) {
      this.#failed(log, error as Error)
      return
    }
    this.#running ??= this.#run()
  }

  /** How a log stands, of which nothing at or above `limit` is compacted. */
  stateOf(log: Log, limit: number): CompactionState {
    return compactionState(log, this.#compactedTo(log), limit, this.#options.clock.now())
  }

  /** The pass that is on, or null. */
  get progress(): CompactionProgress | null {
    if (this.#pass === null) return null
    const { log, args, bytesToRead, since } = this.#pass
    const bytesRead = new Int32Array(args.progress)[0]! * 1024
    return { topic: log.topic, partition: log.partition, since, bytesToRead, bytesRead }
  }

  /** Logs that are left alone because something in them cannot be read. */
  get uncleanable(): number {
    for (const log of this.#uncleanable) if (log.failed !== null) this.#uncleanable.delete(log)
    return this.#uncleanable.size
  }

  /** Logs that wait for their pass. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Ends when nothing is left to do. */
  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running
  }

  /** Begins nothing more; ends when the pass that is on is done with, without putting its result in place. */
  async close(): Promise<void> {
    this.#closed = true
    this.#waiting.clear()
    await this.idle()
  }

  async #run(): Promise<void> {
    for (let log = this.#dirtiest(); log !== null; log = this.#dirtiest()) {
      const waiting = this.#waiting.get(log)!
      this.#waiting.delete(log)
      const { directory } = log
      try {
        await this.#compact(log, waiting)
      } catch (error) {
        // Its topic was deleted under the job's hands.
        if (!this.#closed && log.directory === directory) this.#failed(log, error as Error)
      } finally {
        this.#pass = null
      }
    }
    this.#running = null
  }

  #failed(log: Log, error: Error): void {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && log.failed === null) {
      // Retention, or who deletes records, was faster: what is left of the log is planned anew.
      this.#options.logger.info({ log: log.directory }, 'A segment went while its log was compacted; the rest waits.')
      return
    }
    const facts = { log: log.directory, err: error }
    if (error.name === 'CorruptBatchError') {
      // A client's doing: what it wrote was not opened before its topic was compacted. Of no use to read it again and again.
      this.#uncleanable.add(log)
      const text =
        'A log could not be compacted: it has records that cannot be read. It is left alone until the next start.'
      this.#options.logger.warn(facts, text)
    } else this.#options.logger.error(facts, 'A log could not be compacted.')
    if (log.failed !== null) this.#options.failed?.(log, log.failed)
  }

  /** Of the logs that wait, the one of which the most is new; one that is half done first. */
  #dirtiest(): Log | null {
    let found: Log | null = null
    let most = -1
    for (const [log, { dirtyRatio, isContinued }] of this.#waiting) {
      const ratio = isContinued ? 2 : dirtyRatio
      if (ratio <= most) continue
      most = ratio
      found = log
    }
    return found
  }

  async #compact(log: Log, { limit, cuts, isContinued }: Waiting): Promise<void> {
    const { clock, offload, disk, logger, config, mayWrite } = this.#options
    if (log.failed !== null || log.cuts !== cuts) return
    const now = clock.now()
    const plan = planCompaction(log, this.#compactedTo(log), limit, now, isContinued)
    if (plan === null) return
    const bytesBefore = plan.segments.reduce((sum, { size }) => sum + size, 0)
    // Both are there until all is put in place. It is considered again.
    if (mayWrite?.(log, bytesBefore) === false) {
      const { topic, partition } = log
      logger.warn({ topic, partition, bytes: bytesBefore }, 'A log is not compacted: the disk has no room for that.')
      return
    }
    const args = compactionArgs(log, plan, now, {
      keyBytesMax: config()['log.cleaner.dedupe.buffer.size'],
      ioBytesPerSecond: config()['log.cleaner.io.max.bytes.per.second'],
    })
    const { directory } = log
    const bytesToRead = bytesBefore * (1 + plan.dirtyRatio)
    this.#pass = { log, args, bytesToRead, since: clock.monotonic() }
    const result = await offload.run(job, args)
    this.totals.ioBytes += result.ioBytes
    // Closed, deleted, cut or shortened meanwhile: what was made is of no use.
    const isCurrent =
      !this.#closed && log.failed === null && log.directory === directory && areClosed(log, plan.segments, args, cuts)
    if (!isCurrent) {
      if (!this.#closed && log.failed === null)
        for (const { baseOffsets } of result.groups) removeCleaned(disk, directory, baseOffsets[0]!)
      return
    }
    if (result.damage !== null) {
      this.#uncleanable.add(log)
      this.#options.damaged?.(log, { ...result.damage, foundMs: clock.now() })
      return
    }
    if (!(await this.#putInPlace(log, plan, args, result, cuts))) return
    const { topic, partition } = log
    const bytes = (pick: 'bytesBefore' | 'bytesAfter') => result.groups.reduce((sum, group) => sum + group[pick], 0)
    this.totals.passes++
    this.totals.bytesFreed += bytes('bytesBefore') - bytes('bytesAfter')
    logger.info(
      { topic, partition, upTo: result.compactedTo, before: bytes('bytesBefore'), after: bytes('bytesAfter') },
      'Compacted a log.',
    )
    if (result.compactedTo < plan.upTo && result.compactedTo > plan.firstDirtyOffset && !this.#closed)
      this.#waiting.set(log, { limit, cuts, dirtyRatio: 1, isContinued: true })
  }

  /** False where the log was cut, shortened, closed or deleted meanwhile: the rest of what was made is of no use then. */
  async #putInPlace(
    log: Log,
    plan: CompactionPlan,
    args: CompactionArgs,
    { groups, compactedTo }: CompactionResult,
    cuts: number,
  ): Promise<boolean> {
    const { disk } = this.#options
    const { directory } = log
    for (const [at, { baseOffsets }] of groups.entries()) {
      const old = plan.segments.filter(({ baseOffset }) => baseOffsets.includes(baseOffset))
      const isHere = !this.#closed && log.failed === null && log.directory === directory
      if (!isHere) return false
      if (!areClosed(log, old, args, cuts)) {
        for (const group of groups.slice(at)) removeCleaned(disk, directory, group.baseOffsets[0]!)
        return false
      }
      await new Promise<void>((resolve, reject) => {
        log.replaceSegments(old, (error) => (error === null ? resolve() : reject(error)))
      })
    }
    if (this.#closed || log.failed !== null || log.directory !== directory || log.cuts !== cuts) return false
    const checkpoint = this.#checkpointOf(log)
    checkpoint.offsets.set(log.topic, log.partition, compactedTo)
    checkpoint.file.write(checkpoint.offsets.toString())
    await checkpoint.file.idle()
    return true
  }

  #compactedTo(log: Log): number {
    const key = log.directory
    const knownId = this.#topicIds.get(key)
    this.#topicIds.set(key, log.topicId)
    const checkpoint = this.#checkpointOf(log).offsets
    const offset = checkpoint.get(log.topic, log.partition) ?? 0
    if ((knownId === undefined || knownId === log.topicId) && offset <= log.endOffset) return offset
    checkpoint.delete(log.topic, log.partition)
    return 0
  }

  #checkpointOf(log: Log): Checkpoint {
    const { disk, logger } = this.#options
    const directory = dataDirectoryOf(log)
    let checkpoint = this.#checkpoints.get(directory)
    if (checkpoint === undefined) {
      const path = `${directory}/${CHECKPOINT}`
      const read = OffsetCheckpoint.read(disk, path)
      // Without it everything is compacted once more.
      const offsets = typeof read === 'string' ? new OffsetCheckpoint() : read
      const file = new CheckpointFile(disk, path, (err) =>
        logger.warn(
          { path, err },
          'How far logs are compacted could not be written: after a start more is compacted again.',
        ),
      )
      checkpoint = { offsets, file }
      this.#checkpoints.set(directory, checkpoint)
    }
    return checkpoint
  }
}

function dataDirectoryOf(log: Log): string {
  return log.directory.slice(0, log.directory.lastIndexOf('/'))
}

/** Whether `segments` are all there still, as they were when the job was given them, neighbours of each other, and closed. */
function areClosed(log: Log, segments: readonly Segment[], args: CompactionArgs, cuts: number): boolean {
  const all = log.segments()
  const start = all.indexOf(segments[0]!)
  const sizes = new Map(args.segments.map(({ baseOffset, size }) => [baseOffset, size]))
  return (
    start >= 0 &&
    // A segment that was cut may have grown to the size that it had.
    log.cuts === cuts &&
    start + segments.length < all.length &&
    segments.every((segment, at) => all[start + at] === segment && segment.size === sizes.get(segment.baseOffset))
  )
}
