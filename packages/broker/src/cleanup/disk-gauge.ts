/**
 * How full one disk is, and whether records may still be written to it. It is measured every `disk.check.interval.ms`, and in
 * between whenever what was written since might have brought it near the next threshold: so no rate of writing outruns it.
 */
import type { BrokerConfig } from '@odradek/config'
import type { Disk, DiskSpace } from '../host/disk.ts'
import {
  type DiskState,
  type DiskThresholds,
  diskStateOf,
  diskThresholds,
  isAtLeast,
  usedPercent,
} from './disk-state.ts'

/** Measured again after this share of what is left to the threshold: other brokers may be writing as much. */
const MEASURED_SHARE = 8
/** A measurement takes a few microseconds: it is not made for less. */
const MEASURED_BYTES_MIN = 64 * 1024

export interface DiskGaugeOptions {
  readonly disk: Disk
  /** A directory on it. */
  readonly path: string
  readonly config: () => BrokerConfig
  /** It was measured, and its state is another than it was. */
  readonly changed: (gauge: DiskGauge, before: DiskState) => void
}

export class DiskGauge {
  /** Batches of records that were refused since the start. */
  refusedBatches = 0
  /** Bytes that this broker wrote since the start, as far as it was told. */
  writtenBytes = 0
  readonly path: string
  readonly #options: DiskGaugeOptions
  #space: DiskSpace
  #state: DiskState = 'roomy'
  #thresholds: DiskThresholds
  /** Written since the last measurement, as far as it was told. */
  #countedBytes = 0
  #measureAtBytes = 0
  #untilRefusing = 0
  #untilFull = 0
  /** The smallest batch that was refused lately because it would have gone past a threshold: a client's, anybody's. */
  #refusedBytes = { fromClient: Number.POSITIVE_INFINITY, all: Number.POSITIVE_INFINITY }
  #isRefusedSinceLook = false

  /** Measures it. Throws I/O errors. */
  constructor(options: DiskGaugeOptions) {
    this.#options = options
    this.path = options.path
    this.#space = options.disk.space(options.path)
    this.#thresholds = diskThresholds(options.config(), this.#space)
    this.measure()
  }

  /** As last measured. */
  get space(): DiskSpace {
    return this.#space
  }

  get state(): DiskState {
    return this.#state
  }

  /**
   * What producers are told: below a threshold, too, records are refused that would go past it. That holds as long as the smallest
   * of them still would, and until two looks after the last of them came.
   */
  get toldState(): DiskState {
    const { fromClient, all } = this.#refusedBytes
    if (this.#countedBytes + all > this.#untilFull && all !== Number.POSITIVE_INFINITY) return 'full'
    const isRefusing = this.#countedBytes + fromClient > this.#untilRefusing && fromClient !== Number.POSITIVE_INFINITY
    return isRefusing && !this.isAtLeast('refusing') ? 'refusing' : this.#state
  }

  get thresholds(): DiskThresholds {
    return this.#thresholds
  }

  /** The look that comes every `disk.check.interval.ms`. Throws I/O errors. */
  look(): DiskState {
    if (!this.#isRefusedSinceLook)
      this.#refusedBytes = { fromClient: Number.POSITIVE_INFINITY, all: Number.POSITIVE_INFINITY }
    this.#isRefusedSinceLook = false
    return this.measure()
  }

  /** Looks at the disk. Throws I/O errors. */
  measure(): DiskState {
    const { disk, path, config, changed } = this.#options
    this.#space = disk.space(path)
    this.#thresholds = diskThresholds(config(), this.#space)
    const { usedBytes } = this.#space
    const { refusing, full } = this.#thresholds
    const before = this.#state
    this.#state = diskStateOf(usedBytes, this.#thresholds)
    this.#untilRefusing = refusing - usedBytes
    this.#untilFull = full - usedBytes
    const left = this.#untilRefusing > 0 ? this.#untilRefusing : this.#untilFull
    this.#countedBytes = 0
    this.#measureAtBytes = Math.max(MEASURED_BYTES_MIN, left / MEASURED_SHARE)
    if (this.#state !== before) changed(this, before)
    return this.#state
  }

  /** Whether `bytes` more may be written, below `disk.refuse.internal.above.percent`. They count as written then. */
  admits(bytes: number): boolean {
    if (this.#countedBytes + bytes > this.#measureAtBytes) this.#measureAgain()
    if (this.#countedBytes + bytes > this.#untilFull) return this.#refuse('all', bytes)
    this.#countedBytes += bytes
    this.writtenBytes += bytes
    return true
  }

  /** Whether a client may write `bytes` more, below `disk.refuse.above.percent`. They do not count yet. */
  admitsFromClient(bytes: number): boolean {
    if (this.#countedBytes + bytes > this.#measureAtBytes) this.#measureAgain()
    return this.#countedBytes + bytes <= this.#untilRefusing || this.#refuse('fromClient', bytes)
  }

  /** Whether room for `bytes` may be reserved ahead of what is written: not on a disk that is near a threshold. */
  admitsReserve(bytes: number): boolean {
    if (this.#countedBytes + bytes > this.#measureAtBytes) this.#measureAgain()
    const { usedBytes } = this.#space
    if (usedBytes + this.#countedBytes + bytes > this.#thresholds.expiring) return false
    this.#countedBytes += bytes
    return true
  }

  /** Why clients' records are refused, for them to read. */
  get refusal(): string {
    const used = usedPercent(this.#space).toFixed(1)
    const limit = this.#options.config()['disk.refuse.above.percent']
    return `The broker's disk is ${used} % full, and takes no records above ${limit} %. Try again when there is room.`
  }

  isAtLeast(state: DiskState): boolean {
    return isAtLeast(this.#state, state)
  }

  #measureAgain(): void {
    try {
      this.measure()
    } catch {
      // A disk that does not answer is found out by the write itself.
      this.#countedBytes = 0
    }
  }

  /** Whoever is refused comes again: then it is seen whether there is room by now. */
  #refuse(whose: 'fromClient' | 'all', bytes: number): false {
    this.#refusedBytes[whose] = Math.min(this.#refusedBytes[whose], bytes)
    this.#isRefusedSinceLook = true
    this.refusedBatches++
    this.#measureAtBytes = -1
    return false
  }
}
