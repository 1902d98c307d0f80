/**
 * One disk and what is done so that it never fills (disk-state.ts has the thresholds):
 *
 *     expiring   what is over goes at each look, not only at its time
 *     forcing    one pass after the other, until the disk is below the threshold or nothing more may go:
 *                  take the disk's lock ─▶ unlink what is deleted already ─▶ measure ─▶ delete what forced-plan.ts says
 *                  ─▶ unlink ─▶ give the lock back, so that other brokers on this disk measure what is left to do
 *     refusing   records of clients are refused (disk-gauge.ts), until a measurement says otherwise
 *
 * A pass frees a hundredth of the disk, or one segment: brokers that share a disk take turns.
 */
import type { BrokerConfig } from '@odradek/config'
import type { Logger } from 'pino'
import type { Timer } from '../host/clock.ts'
import type { DiskLock } from '../host/disk.ts'
import type { Host } from '../host/host.ts'
import type { Log } from '../storage/log.ts'
import type { Segment } from '../storage/segment.ts'
import { DiskGauge } from './disk-gauge.ts'
import { type DiskState, isAtLeast, usableBytes, usedPercent } from './disk-state.ts'
import { planForced } from './forced-plan.ts'
import type { Deletion, PlannedPartition } from './planned-log.ts'
import { planRetention, retentionRules } from './retention-plan.ts'

const PASS_SHARE = 100
/** Between two passes, and until the lock is asked for again. */
const PASS_PAUSE_MS = 20
/** So long a file system that gives back with its next transaction what was unlinked is waited for. */
const SETTLE_MS_MAX = 5_000
const SETTLE_PAUSE_MS = 100
/** So long the log does not say again that a disk came to a state. */
const QUIET_MS = 60_000

/** A partition that this broker leads. */
export interface CleanedPartition extends PlannedPartition<Segment> {
  readonly log: Log
  /** Not 0 where its log cannot be used. */
  readonly offlineCode: number
}

/** A log directory, as far as cleanup needs it. */
export interface CleanedDirectory {
  readonly path: string
  readonly offline: Error | null
  /** Renamed files that wait to be unlinked. */
  readonly deletedFiles: { readonly bytes: number; removeNow(): Promise<void> }
  /** Whether room may be reserved ahead of what is written. */
  mayReserve: (bytes: number) => boolean
  /** Gives back what it holds on the disk only to be written to again. */
  dropSpares?(): void
}

export interface CleanedDiskOptions {
  readonly host: Host
  readonly logger: Logger
  readonly config: () => BrokerConfig
  readonly directories: readonly CleanedDirectory[]
  /** The partitions whose logs lie on it. */
  readonly partitions: () => Iterable<CleanedPartition>
  /** Topics whose segments go only when their time is over. */
  readonly isSpared: (topic: string) => boolean
  /** Carries a deletion out; bytes that were let go of. */
  readonly carryOut: (deletion: Deletion<CleanedPartition>) => number
}

export class CleanedDisk {
  readonly gauge: DiskGauge
  readonly id: string
  /** Whether the last forced pass found nothing that may go. */
  isExhausted = false
  readonly #options: CleanedDiskOptions
  readonly #lockPath: string
  readonly #freesLater: boolean
  /** Where each log ended at the last look. */
  #ends = new WeakMap<Log, number>()
  #forcing: Promise<void> | null = null
  #pause: { readonly timer: Timer; readonly end: () => void } | null = null
  readonly #saidAt = new Map<string, number>()
  #isLockMissing = false
  #closed = false

  constructor(options: CleanedDiskOptions) {
    const { host, config, directories } = options
    this.#options = options
    const { path } = directories[0]!
    const volume = host.disk.volume(path)
    this.id = volume.id
    this.#lockPath = volume.lockPath
    this.#freesLater = volume.freesLater
    this.gauge = new DiskGauge({
      disk: host.disk,
      path,
      config,
      changed: (gauge, before) => this.#changed(gauge, before),
    })
  }

  get directories(): readonly CleanedDirectory[] {
    return this.#options.directories
  }

  /** Bytes of files that are deleted but not unlinked yet. */
  get deletedBytes(): number {
    return this.directories.reduce((sum, { deletedFiles }) => sum + deletedFiles.bytes, 0)
  }

  /** Looks at the disk and does what its state asks for. `isRetentionCheck`: also what is due in any state. */
  check(isRetentionCheck: boolean): void {
    if (this.#closed || this.directories.every(({ offline }) => offline !== null)) return
    const { host, logger, config } = this.#options
    try {
      this.gauge.look()
    } catch (error) {
      logger.warn({ directory: this.gauge.path, err: error }, 'The room on a disk could not be told.')
    }
    const isDiskTight = this.gauge.isAtLeast('expiring')
    if (isDiskTight) for (const directory of this.directories) directory.dropSpares?.()
    const now = host.clock.now()
    const rules = retentionRules(config(), now, { isRetentionCheck, isDiskTight })
    if (rules.byTime || rules.bySize) {
      for (const partition of this.#options.partitions()) {
        if (partition.offlineCode !== 0 || partition.log.failed !== null) continue
        const isIdle = () => this.#ends.get(partition.log) === partition.log.endOffset
        for (const deletion of planRetention(partition, now, rules, isIdle)) this.#options.carryOut(deletion)
        if (rules.active === 'idle') this.#ends.set(partition.log, partition.log.endOffset)
      }
    }
    if (this.gauge.isAtLeast('forcing')) this.#forcing ??= this.#force()
  }

  /** Ends when no forced pass is under way. */
  async idle(): Promise<void> {
    await this.#forcing
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#pause?.timer.cancel()
    this.#pause?.end()
    await this.idle()
  }

  async #force(): Promise<void> {
    // Whoever asked for a look is not made to wait.
    await null
    try {
      while (!this.#closed) {
        const lock = this.#lock()
        const goesOn = lock === null || (await this.#pass().finally(() => lock.release()))
        if (!goesOn || this.#closed) break
        await this.#sleep(PASS_PAUSE_MS)
      }
    } catch (error) {
      if (!this.#closed) this.#options.logger.error({ err: error }, 'Making room on a disk failed; it is tried again.')
    } finally {
      this.#forcing = null
    }
  }

  /** Whether another pass is worth while. */
  async #pass(): Promise<boolean> {
    await this.#unlink()
    if (this.#closed) return false
    const state = this.gauge.measure()
    if (!isAtLeast(state, 'forcing')) return false
    const { space, thresholds } = this.gauge
    const bytesOver = space.usedBytes - thresholds.forcing
    const bytesWanted = Math.min(bytesOver, usableBytes(space) / PASS_SHARE)
    const { partitions, isSpared, carryOut } = this.#options
    const usable = [...partitions()].filter(({ offlineCode, log }) => offlineCode === 0 && log.failed === null)
    let bytes = 0
    for (const deletion of planForced(usable, bytesWanted, isSpared)) bytes += carryOut(deletion)
    if (bytes === 0) {
      if (!this.isExhausted) this.#sayExhausted()
      this.isExhausted = true
      return false
    }
    this.isExhausted = false
    this.gauge.measure()
    const { space: before, writtenBytes } = this.gauge
    await this.#unlink()
    await this.#settle(before.usedBytes - writtenBytes - bytes / 2)
    return isAtLeast(this.gauge.state, 'forcing')
  }

  /** Where that takes its time: waits until, apart from what is written meanwhile, no more than `usedBytes` are in use. */
  async #settle(usedBytes: number): Promise<void> {
    this.gauge.measure()
    for (let waitedMs = 0; this.#freesLater && waitedMs < SETTLE_MS_MAX && !this.#closed; waitedMs += SETTLE_PAUSE_MS) {
      if (this.gauge.space.usedBytes - this.gauge.writtenBytes <= usedBytes) return
      await this.#sleep(SETTLE_PAUSE_MS)
      this.gauge.measure()
    }
  }

  async #unlink(): Promise<void> {
    await Promise.all(this.directories.map(({ deletedFiles }) => deletedFiles.removeNow()))
  }

  /** Null while another broker cleans this disk. Where there can be no lock, it is cleaned without. */
  #lock(): DiskLock | null {
    try {
      return this.#options.host.disk.lock(this.#lockPath)
    } catch (error) {
      if (!this.#isLockMissing) {
        this.#options.logger.warn(
          { lock: this.#lockPath, err: error },
          'The lock for cleaning a disk cannot be taken: brokers that share it may delete more than is needed.',
        )
      }
      this.#isLockMissing = true
      return { release: () => {} }
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.host.timers.after(ms, resolve)
      this.#pause = { timer, end: resolve }
    })
  }

  #changed(gauge: DiskGauge, before: DiskState): void {
    const { state } = gauge
    if (!isAtLeast(state, 'forcing')) this.isExhausted = false
    this.#say(gauge, before)
    // Not only at the next look: somebody is writing.
    if (isAtLeast(state, 'forcing') && !this.#closed) this.#forcing ??= this.#force()
  }

  /** Logs that a disk came to another state, unless it did a moment ago: at a threshold it may go up and down often. */
  #say({ state, space, path }: DiskGauge, before: DiskState): void {
    const { logger, host } = this.#options
    const wasRefusing = isAtLeast(before, 'refusing')
    const now = host.clock.monotonic()
    const key = `${state} ${wasRefusing}`
    if (now - (this.#saidAt.get(key) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return
    this.#saidAt.set(key, now)
    const facts = { directory: path, usedPercent: Number(usedPercent(space).toFixed(1)), freeBytes: space.freeBytes }
    if (isAtLeast(state, 'refusing')) {
      const what = state === 'full' ? 'No records are written' : 'Records of clients are refused'
      logger.error(facts, `A disk is nearly full. ${what} until there is room.`)
    } else if (wasRefusing) logger.warn(facts, 'There is room on a disk again: records are taken.')
    else if (state === 'forcing') logger.warn(facts, 'A disk fills: the oldest segments go before their time.')
    else logger.info(facts, state === 'expiring' ? 'A disk fills: what is over goes at once.' : 'A disk has room.')
  }

  #sayExhausted(): void {
    const { space, path } = this.gauge
    this.#options.logger.warn(
      { directory: path, usedPercent: Number(usedPercent(space).toFixed(1)) },
      'A disk is too full, and nothing is left that may be deleted: active segments, compacted and internal topics, and other files stay. Make room, or lower segment.bytes so that segments close sooner.',
    )
  }
}
