/** One life of a data directory: what a broker does to its logs, in any order that a seed chooses. */
import { Compaction } from '@odradek/broker/src/cleanup/compaction.ts'
import { FlushSchedule } from '@odradek/broker/src/flush/flush-schedule.ts'
import type { SimDeath, SimHost } from '@odradek/broker/src/host/sim/index.ts'
import { Turn } from '@odradek/broker/src/host/turn.ts'
import type { Log } from '@odradek/broker/src/storage/log.ts'
import { LogDirectory } from '@odradek/broker/src/storage/log-directory.ts'
import { append, appendMarker, quiet } from '@odradek/broker/src/storage/testing/log-kit.ts'
import { resolveBrokerConfig } from '@odradek/config'
import { encodeBatch, errors } from '@odradek/protocol'
import { checkContents, checkOpened, checkRead, SEQUENCED, TRANSACTIONAL } from './check-log.ts'
import { LogModel, type ModelRecord, timestampOf, topicIdOf } from './log-model.ts'
import type { Operation } from './storage-focus.ts'
import { DATA_DIRECTORY, type StorageWorld } from './storage-world.ts'

/** A sync of a slow file takes a tenth of it at least: much longer than all others. */
const SLOW_SYNC_MS = 600_000
/** How much room there is at most on a disk that others fill, and how likely that ends before each step. */
const FREE_BYTES_MAX = 20_000
const FULL_DISK_ENDS_CHANCE = 0.05
/** A life that is to end with an operation ends with one of the system calls from there on. */
const DEADLY_CALLS_MAX = 25

/** What is done to a log that is being cut has the rest of that done first. */
const CHANGES: ReadonlySet<Operation> = new Set([
  'append',
  'resend',
  'end transaction',
  'begin epoch',
  'truncate',
  'empty',
  'move start',
  'delete segments',
])

export class StorageLife {
  readonly host: SimHost
  readonly #world: StorageWorld
  /** How it is to end, where the machine dies; null: it does not. */
  readonly #death: SimDeath | null
  readonly #logs = new Map<LogModel, Log>()
  #directory: LogDirectory | null = null
  #compaction: Compaction | null = null
  #schedule: FlushSchedule | null = null
  /** Whether a system call was made to fail: then operations may. */
  #isFaulty = false
  /** Whether others have what the disk had free. */
  #isFull = false
  /** The log whose files are slow. */
  #slow: string | null = null
  /** Up to where logs that are not slow were last asked to be flushed, and when. */
  readonly #awaited = new Map<Log, { readonly offset: number; readonly since: number }>()

  readonly #operations: { readonly [O in Operation]: (model: LogModel, log: Log) => void } = {
    append: (model, log) => this.#append(model, log),
    write: (model, log) => this.#write(model, log),
    flush: (model, log) => this.#flush(model, log),
    dirtied: (model, log) => this.#dirtied(model, log),
    'dirtied together': () => this.#dirtyTogether(),
    read: (model, log) => this.#read(model, log),
    roll: (model, log) => this.#roll(model, log),
    truncate: (model, log) => this.#truncate(model, log),
    'move start': (model, log) => this.#moveStart(model, log),
    'delete records': (model, log) => this.#deleteRecords(model, log),
    'delete segments': (model, log) => this.#deleteSegments(model, log),
    checkpoint: () => this.#directory!.checkpoint(),
    'checkpoint now': () => this.#checkpointNow(),
    resend: (model, log) => this.#resend(model, log),
    'begin epoch': (model, log) => log.assignEpoch(++model.leaderEpoch),
    compact: (model, log) => this.#compact(model, log),
    'end transaction': (model, log) => this.#endTransaction(model, log),
    settle: (_model, log) => log.settle(),
    delete: (model, log) => this.#deleteLog(model, log),
    empty: (model, log) => this.#empty(model, log),
    fill: () => this.#fill(),
  }

  constructor(host: SimHost, world: StorageWorld, death: SimDeath | null) {
    this.#death = death
    this.host = host
    this.#world = world
  }

  /** Opens the directory and its logs and checks what is there. */
  async open(): Promise<void> {
    const { models, random } = this.#world
    const directory = LogDirectory.open({
      host: this.host,
      path: DATA_DIRECTORY,
      nodeId: 1,
      config: resolveBrokerConfig(),
      logger: quiet,
      markBytes: this.#world.markBytes,
      // So that journals come and go within a life.
      journalBytesMax: () => 4 * this.#world.markBytes,
      // Cuts share the sync of the file system, or each has its own.
      ...(models.length % 2 === 0 ? { sharedCutsMin: 1 } : {}),
    })
    directory.setClusterId('c')
    this.#directory = directory
    this.#compaction = new Compaction({
      clock: this.host.clock,
      offload: this.host.offload,
      disk: this.host.disk,
      config: () => resolveBrokerConfig(),
      logger: quiet,
    })
    this.#schedule = new FlushSchedule({
      clock: this.host.clock,
      timers: this.host.timers,
      turn: new Turn(this.host.timers, (error) => this.#fail(`a turn failed: ${(error as Error).stack}`)),
      intervalMs: () => 5,
      // Flushes come after four times as many.
      dirtyBytesMax: () => this.#world.markBytes / 4,
      flushed: (log) => this.#flushed(log),
      // As a broker does: what failed is the disk, unless the log was deleted meanwhile.
      failed: (log, error) => {
        if ([...this.#logs.values()].includes(log)) directory.fail(error)
      },
    })
    // What recovery writes is made durable by one sync, or log by log.
    if (random.chance(0.2)) directory.beginRecovery(1)
    for (const model of models) this.#openLog(model)
    await this.host.world.complete(directory.endRecovery())
    for (const [model, log] of this.#logs) {
      model.leaderEpoch++
      log.assignEpoch(model.leaderEpoch)
      checkOpened(log, model, (problem) => this.#fail(`${model.name} ${problem}`))
    }
    directory.started(new Set(models.map(({ topicId }) => topicId)))
  }

  /** One system call will fail, or others fill the disk. */
  plantFault(): void {
    const { random, focus } = this.#world
    if (random.chance(focus.fullDiskChance)) {
      this.#world.counts.fullDisks!++
      this.#fill()
      return
    }
    const [call, code, name] = focus.faults[random.below(focus.faults.length)]!
    this.#isFaulty = true
    this.host.disk.failNext(call, code, 1, name)
  }

  /** Others fill the disk; not in a life that is to stop in good order. */
  #fill(): void {
    if (this.#death === null) return
    this.#isFaulty = true
    this.#isFull = true
    this.host.disk.leaveFree(this.#world.random.below(FREE_BYTES_MAX))
  }

  /** From now on the files of one log are very slow to sync. */
  slowDown(): void {
    const { random, models } = this.#world
    this.#slow = models[random.below(models.length)]!.name
    this.host.disk.slowDown(`${DATA_DIRECTORY}/${this.#slow}`, SLOW_SYNC_MS)
  }

  get isAnySlow(): boolean {
    return this.#slow !== null
  }

  /** What a flush takes at most, of a log that is not slow: a round of the journal, or two, and two of its own. */
  get flushMsMax(): number {
    return 100 * this.#world.syncMs
  }

  /** What was to be flushed, long ago, is: but for the log that is slow, and where the disk failed. */
  checkUnhindered(): void {
    const { time } = this.host.world
    for (const [log, { offset, since }] of this.#awaited) {
      const { failed, flushedOffset } = log
      if (failed !== null || this.#isFaulty || flushedOffset >= Math.min(offset, log.endOffset)) continue
      if (time - since >= this.flushMsMax)
        this.#fail(`${log.topic} was not flushed for ${time - since} ms: ${this.#slow} is slow`)
    }
    this.#world.counts.slowLives = (this.#world.counts.slowLives ?? 0) + 1
  }

  /** Somebody waits for all that is in `log` to be durable. */
  #await(log: Log): void {
    if (this.#slow === null || this.#slow.startsWith(`${log.topic}-`)) return
    this.#awaited.set(log, { offset: log.endOffset, since: this.host.world.time })
  }

  /** Does something to some log. False when the disk failed: this life is over. */
  step(): boolean {
    if (this.#directory!.offline !== null) {
      if (!this.#isFaulty) this.#fail(`the directory is offline: ${this.#directory!.offline.stack}`)
      return false
    }
    const { random, models } = this.#world
    if (this.#isFull && random.chance(FULL_DISK_ENDS_CHANCE)) {
      this.#isFull = false
      this.host.disk.leaveFree(Number.POSITIVE_INFINITY)
    }
    const model = models[random.below(models.length)]!
    const log = this.#logs.get(model)
    try {
      if (log === undefined) this.#remake(model)
      else if (log.failed === null) this.#operate(model, log)
      else this.#checkRefusing(model, log)
      return true
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (!this.#isFaulty || code === undefined) throw error
      if (code !== 'ENOSPC' || log === undefined || log.failed !== null || this.#directory!.offline !== null)
        return false
      // There was no room for that: the log is as good as before.
      this.#noteUndone(model, log)
      return true
    }
  }

  /** Makes everything durable and stops in good order. False when it could not. */
  async close(): Promise<boolean> {
    const directory = this.#directory!
    this.#schedule!.close()
    await this.host.world.complete(directory.flush())
    if (!this.host.alive) return false
    const isWhole = [...this.#logs.values()].every(({ failed }) => failed === null) && directory.offline === null
    directory.close()
    // There may have been no room for the last that was staged.
    if (this.#isFaulty && isWhole) for (const [model, log] of this.#logs) this.#cutTo(model, log)
    return isWhole
  }

  /** Ends the life: what the logs then hold for durable is. */
  end(death: 'process' | 'power'): void {
    const { counts } = this.#world
    counts.journalSyncs = (counts.journalSyncs ?? 0) + (this.#directory?.tally.journalSyncs ?? 0)
    for (const [model, log] of this.#logs)
      if (log.flushedOffset > log.startOffset) model.durable = Math.max(model.durable, log.flushedOffset)
    for (const model of this.#world.models) model.died(death)
    this.host.crash(death)
  }

  /** Reads all logs. */
  checkAll(): void {
    for (const [model, log] of this.#logs)
      checkContents(log, model, (problem) => this.#fail(`${model.name} ${problem}`))
  }

  /** What a dying process finds says nothing. */
  #fail(problem: string): void {
    if (this.host.alive) this.#world.fail(problem)
  }

  #openLog(model: LogModel): Log {
    const log = this.#directory!.openLog(model.topic, model.partition, model.topicId, this.#world.configOf(model))
    this.#logs.set(model, log)
    return log
  }

  #operate(model: LogModel, log: Log): void {
    const { random, counts, focus } = this.#world
    const operation = focus.operations[random.below(focus.operations.length)]!
    if (this.#death !== null && random.chance(focus.deadly[operation] ?? 0)) this.#dieSoon(this.#death)
    this.host.world.note(null, `${model.name} [${log.startOffset}, ${log.endOffset}) ${operation}`)
    if (log.isCutting && CHANGES.has(operation)) log.roll()
    this.#operations[operation](model, log)
    if (this.#isFaulty) this.#noteUndone(model, log)
    counts.operations = (counts.operations ?? 0) + 1
  }

  #dieSoon(death: SimDeath): void {
    const { random, focus } = this.#world
    const { disk } = this.host
    const fatal = focus.fatal[Math.floor(random.fraction() * 1.5 * focus.fatal.length)]
    if (fatal === undefined) disk.crashAt(disk.calls + 1 + random.below(DEADLY_CALLS_MAX), death)
    else disk.crashAtNext(...fatal, death)
  }

  /** Where there was no room for what was staged, it is not in the log any more. */
  #noteUndone(model: LogModel, log: Log): void {
    if (log.failed === null && !log.isCutting && this.#logs.get(model) === log) this.#cutTo(model, log)
  }

  #cutTo(model: LogModel, log: Log): void {
    if (log.endOffset >= model.end) return
    if (log.endOffset < Math.max(model.written, model.durable))
      this.#fail(`${model.name} is full, and let go of what was written`)
    model.cutDone(log.endOffset)
  }

  #append(model: LogModel, log: Log): void {
    const { random } = this.#world
    const { valueBytes } = this.#world.focus
    const producerId = model.isLossy
      ? -1
      : model.isCompacted
        ? [1, 2, -1][random.below(3)]!
        : [...SEQUENCED, TRANSACTIONAL, -1][random.below(4)]!
    const { sequence } = model.lastOf(producerId)
    const sequenced = SEQUENCED.includes(producerId)
    const size = valueBytes[Math.floor(random.fraction() ** 2 * valueBytes.length)]!
    const made = this.#records(model, log.endOffset, 1 + random.below(3), {
      producerId,
      kind: producerId === TRANSACTIONAL ? 'transactional' : 'data',
      sequence: sequenced ? sequence + 1 : -1,
    })
    const batch = encodeBatch({
      records: made.map(({ id, key }, at) => ({
        key,
        value: `${id} `.padEnd(size, 'v'),
        timestamp: timestampOf(log.endOffset + at),
      })),
      producerId,
      producerEpoch: producerId < 0 ? -1 : 0,
      baseSequence: sequenced ? sequence + 1 : -1,
      transactional: producerId === TRANSACTIONAL,
    })
    this.#put(model, log, made, () => append(log, batch, model.leaderEpoch))
  }

  #endTransaction(model: LogModel, log: Log): void {
    if (model.isCompacted || model.transactions(TRANSACTIONAL).open < 0) return
    const committed = this.#world.random.chance(0.4)
    const kind = committed ? 'commit' : 'abort'
    const made = this.#records(model, log.endOffset, 1, { producerId: TRANSACTIONAL, kind, sequence: -1 })
    const marker = { producerId: TRANSACTIONAL, producerEpoch: 0, committed, coordinatorEpoch: 0, timestamp: 1 }
    this.#put(model, log, made, () => appendMarker(log, marker, model.leaderEpoch))
  }

  #records(
    model: LogModel,
    baseOffset: number,
    count: number,
    of: Pick<ModelRecord, 'producerId' | 'kind' | 'sequence'>,
  ): ModelRecord[] {
    const { random, next } = this.#world
    return Array.from({ length: count }, (_, at) => ({
      ...of,
      id: `r${next()}`,
      key: model.isCompacted ? `k${random.below(4)}` : null,
      sequence: of.sequence < 0 ? -1 : of.sequence + at,
      leaderEpoch: model.leaderEpoch,
      baseOffset,
      lastOffset: baseOffset + count - 1,
    }))
  }

  #put(
    model: LogModel,
    log: Log,
    made: readonly ModelRecord[],
    run: () => { errorCode: number; baseOffset: number },
  ): void {
    const { baseOffset } = made[0]!
    // Even an append that fails may be on the disk.
    model.put(made)
    const result = run()
    if (result.errorCode === errors.NOT_ENOUGH_REPLICAS.code && this.#isFaulty) {
      // There was no room, and nothing of it stays.
      if (log.endOffset > baseOffset) this.#fail(`${model.name} refuses what it has`)
      return
    }
    // To know its producers it had to be read.
    if (result.errorCode === errors.KAFKA_STORAGE_ERROR.code && this.#isFaulty && log.failed !== null) return
    if (result.errorCode !== 0 || result.baseOffset !== baseOffset)
      this.#fail(`${model.name} answers an append with ${result.errorCode}, offset ${result.baseOffset}`)
    this.#world.counts.appended = (this.#world.counts.appended ?? 0) + made.length
  }

  #roll(model: LogModel, log: Log): void {
    log.roll()
    this.#write(model, log)
  }

  /** A producer that got no answer sends the same again. */
  #resend(model: LogModel, log: Log): void {
    const { random } = this.#world
    const producerId = SEQUENCED[random.below(2)]!
    const batches = model.batchesOf(producerId).slice(0, 5)
    const [offset, record] = batches[random.below(Math.max(1, batches.length))] ?? []
    if (offset === undefined || record === undefined || offset < log.startOffset || model.isCompacted) return
    const count = record.lastOffset - record.baseOffset + 1
    const batch = encodeBatch({
      records: Array.from({ length: count }, () => ({ value: 'again', timestamp: 1 })),
      producerId,
      producerEpoch: 0,
      baseSequence: record.sequence,
    })
    const { errorCode, duplicate, baseOffset } = append(log, batch, model.leaderEpoch)
    if (errorCode === errors.NOT_ENOUGH_REPLICAS.code && this.#isFaulty) return
    if (errorCode !== 0 || !duplicate || baseOffset !== offset)
      this.#fail(`${model.name} answers ${errorCode}, ${baseOffset} to what is at ${offset} already`)
  }

  #write(model: LogModel, log: Log): void {
    log.write()
    model.written = Math.max(model.written, this.#endOf(model, log))
  }

  /** Where the log ends, or will once it is cut; 0 where no segment is there, whose name says where it begins. */
  #endOf(model: LogModel, log: Log): number {
    if (log.segments().length === 0) return 0
    return log.isCutting ? Math.min(log.endOffset, model.cutTo) : log.endOffset
  }

  #flush(model: LogModel, log: Log): void {
    this.#write(model, log)
    const target = { offset: this.#endOf(model, log) }
    model.flushes.add(target)
    this.#await(log)
    log.flush((error) => {
      if (!model.flushes.delete(target) || error !== null || !this.host.alive) return
      if (log.flushedOffset < target.offset)
        this.#fail(`${model.name} is flushed up to ${log.flushedOffset}, and was asked to at ${target.offset}`)
      model.durable = Math.max(model.durable, Math.min(target.offset, durableOf(log)))
      this.#world.counts.flushes = (this.#world.counts.flushes ?? 0) + 1
    })
  }

  /** As a broker does at the end of a turn in which a log was appended to: by its mode, with the journal or without. */
  #dirtied(model: LogModel, log: Log): void {
    log.endTurn()
    model.written = Math.max(model.written, log.isCutting ? 0 : Math.min(log.writtenOffset, this.#endOf(model, log)))
    // Also in async mode: it is due within milliseconds.
    this.#await(log)
    this.#schedule!.dirtied(log)
  }

  /** All logs are written to in one turn: in sync mode the journal makes them durable together. */
  #dirtyTogether(): void {
    for (const [model, log] of this.#logs) {
      if (log.failed !== null || log.isCutting) continue
      this.#append(model, log)
      this.#dirtied(model, log)
      if (this.#isFaulty) this.#noteUndone(model, log)
    }
  }

  /** What was acknowledged as durable is. */
  #flushed(log: Log): void {
    for (const [model, other] of this.#logs)
      if (log === other && this.host.alive) model.durable = Math.max(model.durable, durableOf(log))
  }

  #read(model: LogModel, log: Log): void {
    const { random } = this.#world
    const offset = Math.max(0, log.startOffset - 2 + random.below(log.endOffset - log.startOffset + 4))
    checkRead(log, model, offset, [100, 1000, 100_000][random.below(3)]!, (problem) =>
      this.#fail(`${model.name} ${problem}`),
    )
  }

  #truncate(model: LogModel, log: Log): void {
    const { random } = this.#world
    // Also below what is compacted, or is being compacted.
    const least = random.chance(0.5) ? log.startOffset : Math.max(log.startOffset, model.compactedTo)
    const offset = least + random.below(log.endOffset - least + 1)
    if (offset === log.endOffset) return
    model.cutBegins(model.isCompacted ? least : model.batchStart(offset))
    this.#awaited.delete(log)
    const cut = () => {
      if (log.endOffset > offset) this.#fail(`${model.name} ends at ${log.endOffset} after a cut to ${offset}`)
      model.cutDone(log.endOffset)
      model.written = log.endOffset
      this.#checkEnd(model, log)
      this.#world.counts.cuts = (this.#world.counts.cuts ?? 0) + 1
    }
    if (isLater(offset)) {
      model.cutTo = 0
      model.cutTo = log.truncateLater(offset, (error) => this.#cutEnded(model, log, error, cut))
    } else {
      log.truncateTo(offset)
      cut()
    }
  }

  /** A cut leaves a log that ends with a record which was there. */
  #checkEnd(model: LogModel, log: Log): void {
    if (log.failed !== null || log.endOffset === log.startOffset || !this.host.alive) return
    checkRead(log, model, log.endOffset - 1, 1000, (problem) => this.#fail(`${model.name}, cut, ${problem}`))
  }

  #empty(model: LogModel, log: Log): void {
    // Where a log begins of which nothing is on disk, nobody knows after a crash.
    if (log.segments().length === 0) return
    // Elsewhere: a crash in the midst of it leaves what was before or what comes after, and it is to be seen which.
    const offset = log.endOffset + 1 + this.#world.random.below(3)
    model.cutBegins(0)
    this.#awaited.delete(log)
    model.emptying = offset
    const emptied = () => model.emptied(offset)
    if (isLater(offset)) {
      model.cutTo = 0
      log.truncateFullyLater(offset, (error) => {
        // As below: all may be done but to note where it starts now.
        if (error !== null && log.failed === null && log.endOffset === offset && this.#logs.get(model) === log)
          emptied()
        this.#cutEnded(model, log, error, emptied)
      })
    } else {
      try {
        log.truncateFullyAndStartAt(offset)
      } catch (error) {
        // There was no room: nothing of it was done, or all but to note where it starts now.
        if (log.failed === null && log.endOffset === offset) emptied()
        else if (log.failed === null) model.emptying = -1
        throw error
      }
      emptied()
    }
  }

  /** A cut that nobody waited for is durable, or failed: as in a broker, that is the disk then, unless it is only full. */
  #cutEnded(model: LogModel, log: Log, error: Error | null, done: () => void): void {
    if (!this.host.alive || this.#logs.get(model) !== log) return
    if (error === null) {
      done()
      this.#world.counts.cutsBeside = (this.#world.counts.cutsBeside ?? 0) + 1
    } else if (!this.#isFaulty) this.#fail(`${model.name} could not be cut: ${error.stack}`)
    else if (log.failed !== null) this.#directory!.fail(error)
  }

  #moveStart(model: LogModel, log: Log): void {
    if (model.isCompacted) return
    // Never beyond the high watermark, and thus not to what there may yet be no room for.
    const end = Math.max(log.writtenOffset, log.flushedOffset, log.startOffset)
    const { random } = this.#world
    const offset = random.chance(0.4) ? end : log.startOffset + random.below(end - log.startOffset + 1)
    model.start = Math.max(model.start, offset)
    log.advanceStartOffset(offset)
  }

  /** The start moves among what was appended since a flush, and that is noted at once: before it is durable. */
  #deleteRecords(model: LogModel, log: Log): void {
    if (model.isCompacted) return
    this.#onceFlushed(model, log, () => {
      this.#append(model, log)
      this.#write(model, log)
      this.#moveStart(model, log)
      this.#checkpointNow()
    })
  }

  /** Does `run` once all that is in `log` now is durable, if it is there then. */
  #onceFlushed(model: LogModel, log: Log, run: () => void): void {
    log.flush((error) => {
      if (error !== null) return
      this.host.timers.after(0, () => {
        if (this.#logs.get(model) !== log || log.failed !== null || log.isCutting) return
        if (this.#directory!.offline !== null) return
        try {
          run()
        } catch (failure) {
          if (!this.#isFaulty || (failure as NodeJS.ErrnoException).code === undefined) throw failure
          if (log.failed === null && this.#directory!.offline === null) this.#noteUndone(model, log)
        }
        if (this.#isFaulty) this.#noteUndone(model, log)
      })
    })
  }

  #deleteSegments(model: LogModel, log: Log): void {
    if (model.isCompacted || log.segments().length === 0) return
    const segments = log.segments().slice(0, 1 + this.#world.random.below(log.segments().length))
    // Never records that are not durable.
    if (log.flushedOffset < log.endOffset && segments.length === log.segments().length) segments.pop()
    const next = log.segments()[segments.length]?.baseOffset ?? log.endOffset
    if (segments.length === 0 || next > log.flushedOffset) return
    model.start = Math.max(model.start, next)
    try {
      log.deleteSegments(segments)
    } catch (error) {
      // There was no room for what has to be written first: nothing was deleted.
      if (log.failed === null) model.start = log.startOffset
      throw error
    }
  }

  #checkpointNow(): void {
    const starts = [...this.#logs]
      .filter(([, log]) => log.failed === null)
      .map(([model, log]) => [model, log.startOffsetToBe] as const)
    this.#directory!.checkpointNow()
    for (const [model, start] of starts) model.durableStart = Math.max(model.durableStart, start)
  }

  #compact(model: LogModel, log: Log): void {
    if (!model.isCompacted) return
    model.compactedTo = Math.max(model.compactedTo, log.flushedOffset)
    this.#compaction!.consider(log, log.flushedOffset)
    this.#world.counts.compactions = (this.#world.counts.compactions ?? 0) + 1
  }

  /** The topic is deleted, and made again under its name. Of most that are something is durable, and that is noted. */
  #deleteLog(model: LogModel, log: Log): void {
    if (this.#world.random.chance(0.5)) {
      this.#deleteNow(model, log)
      return
    }
    const noteAndDelete = () => {
      this.#checkpointNow()
      this.#deleteNow(model, log)
    }
    if (log.recoveryPoint > log.startOffset) noteAndDelete()
    else this.#onceFlushed(model, log, noteAndDelete)
  }

  #deleteNow(model: LogModel, log: Log): void {
    const { models, next } = this.#world
    const made = new LogModel(model.topic, model.partition, topicIdOf(next()), model.isCompacted)
    models[models.indexOf(model)] = made
    this.#logs.delete(model)
    this.#directory!.deleteLogs([log])
    // One that cannot be deleted takes its directory offline: this life is over.
    if (this.#directory!.offline === null && this.#world.random.chance(this.#world.focus.remadeAtOnceChance))
      this.#openLog(made)
  }

  /** A topic that was deleted is made again, perhaps: if not now, then later, or while this broker is away. */
  #remake(model: LogModel): void {
    if (this.#world.random.chance(0.2)) this.#openLog(model)
  }

  #checkRefusing(model: LogModel, log: Log): void {
    if (!this.#isFaulty) this.#fail(`${model.name} failed: ${log.failed?.stack}`)
    const batch = encodeBatch({ records: [{ value: 'x', timestamp: 1 }] })
    const { errorCode } = append(log, batch, model.leaderEpoch)
    if (errorCode !== errors.KAFKA_STORAGE_ERROR.code) this.#fail(`${model.name} failed, and answers ${errorCode}`)
    this.#flushInVain(model, log)
  }

  /** A flush of a log that failed promises nothing. */
  #flushInVain(model: LogModel, log: Log): void {
    log.flush((error) => {
      if (error === null && this.host.alive) this.#fail(`${model.name} failed, and a flush succeeded`)
    })
  }
}

/** Whether a cut to `offset` is one that nobody waits for. */
function isLater(offset: number): boolean {
  return offset % 2 === 0
}

/** Up to where what is in `log` is durable; where it begins while nothing is in it, only when the recovery point says so. */
function durableOf({ flushedOffset, startOffset, recoveryPoint }: Log): number {
  return flushedOffset > startOffset ? flushedOffset : recoveryPoint
}
