/**
 * The journal of a data directory: what makes small writes of many logs durable with one sync instead of one for each.
 *
 *     logs       t-0/…log   t-1/…log   u-0/…log      staged or written, their files not synced yet
 *                    └──────────┼──────────┘
 *     journal    journal/<sequence>.journal          the same batches once more, one write, one fdatasync
 *
 * Kafka's files remain the logs: nothing is ever read from here but after an unclean stop (journal-replay.ts). The logs are
 * flushed in their own time; a journal file is done with when all that it holds is durable in them, oldest first, and the next
 * one is begun after some megabytes. Together they are no larger than `journal.bytes.max`: past it logs are flushed themselves.
 *
 * Files that are done with are used again (journal-tail.ts says why), under another name each time:
 *
 *     <sequence>.journal  ->  <sequence>.spare  ->  <next sequence>.journal
 *                         durable before the next    durable before anybody is told what is in it
 *
 * What an earlier use left in a file is known by its salt, and by the sequence in its head (journal-entry.ts).
 *
 * A log that is cut or deleted says so here, durably, before it is: or replay would raise the dead. Whoever was told that
 * something is durable was told so after the sync of the round that holds it; rounds follow each other.
 *
 * When it is used is the flush schedule's rule (flush/flush-schedule.ts).
 */
import { isNoRoom } from './disk-room.ts'
import { CUT, ENTRY_HEAD_BYTES, encodeEntry, HEAD_BYTES, RECORDS } from './journal-entry.ts'
import { type JournalCut, JournalFiles } from './journal-files.ts'
import { JournalFindings } from './journal-findings.ts'
import type { JournalOptions } from './journal-options.ts'
import type { FoundRecords } from './journal-scan.ts'
import { slotKey } from './journal-slot.ts'
import { JournalSpares, type Spare } from './journal-spares.ts'
import { type JournalFile, JournalTail, PADDING_BYTES } from './journal-tail.ts'
import type { JournaledLog } from './journaled-log.ts'
import { countdown, type JournalRange } from './log-flush.ts'

/**
 * The next file is begun after so many bytes, or a quarter of what all may have: whenever one is, all logs that the one before
 * holds are flushed, each with a sync of its own.
 */
const FILE_BYTES_MAX = 64 * 1024 * 1024
/** A round that is larger is not for the journal. */
export const ROUND_BYTES_MAX = 4 * 1024 * 1024
/** Where the disk had no room it is not tried again for so long. */
const FULL_MS = 10_000
const NAME = /^(\d{20})\.(journal|spare)$/

export class Journal {
  readonly #options: JournalOptions
  readonly #files = new JournalFiles()
  readonly #spares: JournalSpares
  readonly #found = new JournalFindings()
  /** The newest file, where it is written to. */
  #tail: JournalTail<JournaledLog> | null = null
  /** Whether the name of the open file is durable, and that of the directory. */
  #isNamed = false
  #isPlaced = false
  #sequence = 0
  #buffer = Buffer.alloc(0)
  #isWriting = false
  #isTrimming = false
  #isRotated = false
  /** There was no room on the disk: until then, or until a file went, it is not tried again. */
  #fullUntil = Number.NEGATIVE_INFINITY
  /** The last cut of a log that is on its way to the disk, unless another one that is durable has overtaken it. */
  readonly #pendingCuts = new Map<string, JournalCut>()
  #isFailed = false

  /** Reads what an earlier life left. Throws I/O errors. */
  static open(options: JournalOptions): Journal {
    return new Journal(options)
  }

  private constructor(options: JournalOptions) {
    this.#options = options
    const { disk, directory } = options
    this.#spares = new JournalSpares(disk)
    const names = disk.exists(directory) ? disk.list(directory).filter(({ name }) => NAME.test(name)) : []
    for (const { name } of names) {
      const [, sequence, kind] = NAME.exec(name)!
      const path = `${directory}/${name}`
      this.#sequence = Number(sequence)
      // One that the power failed upon comes back, and is removed once more.
      if (kind === 'spare') disk.remove(path)
      else this.#found.read(disk, path, this.#sequence, this.#files)
    }
  }

  /** Bytes of all its files, those that wait to be used again among them. */
  get sizeInBytes(): number {
    return this.#files.sizeInBytes + this.#spares.sizeInBytes
  }

  /** Whether a round is in flight: what comes now has to wait for the next. */
  get isWriting(): boolean {
    return this.#isWriting
  }

  /** What an earlier life left of a log, oldest first. */
  found(topicId: string, partition: number): FoundRecords | undefined {
    return this.#found.of(topicId, partition)
  }

  /** What is left of `log` is kept for as long as its own files do not have it. */
  keep(log: JournaledLog): void {
    this.#files.keep(log)
  }

  /** All logs that were there at start are open: those that are not are gone. */
  started(): void {
    this.#found.clear()
    this.#files.leaveUnopened()
    this.trim()
  }

  /** Whether a round of so many bytes of batches of so many logs has room. */
  hasRoom(bytes: number, logs: number): boolean {
    const { bytesMax: bytesMaxNow, clock } = this.#options
    if (this.#isFailed || clock.monotonic() < this.#fullUntil) return false
    const bytesMax = bytesMaxNow()
    return bytesMax > 0 && this.sizeInBytes + this.#growth(bytes + logs * ENTRY_HEAD_BYTES) <= bytesMax
  }

  /** What a round of so many bytes adds to the size. */
  #growth(bytes: number): number {
    const file = this.#tail?.file
    if (file !== undefined && file.size + bytes <= this.#fileBytes) return Math.max(0, file.size + bytes - file.room)
    return Math.max(0, HEAD_BYTES + bytes - this.#spares.nextBytes)
  }

  /**
   * Makes ranges of logs durable, one of each, off the loop, then calls `done`. False where the disk has no room: nothing was
   * done then. Throws I/O errors.
   */
  write(logs: readonly JournaledLog[], ranges: readonly JournalRange[], done: (error: Error | null) => void): boolean {
    const { disk, directory, tally } = this.#options
    let bytes = 0
    for (const { length } of ranges) bytes += ENTRY_HEAD_BYTES + length
    const buffer = this.#bufferOf(bytes + PADDING_BYTES)
    const tail = this.#tailFor(bytes)
    if (tail === null) return false
    const { salt } = tail
    let at = 0
    for (let index = 0; index < logs.length; index++) {
      const log = logs[index]!
      const range = ranges[index]!
      const { length, staged, stagedAt, offset, endOffset } = range
      const start = at + ENTRY_HEAD_BYTES
      const got =
        staged === null
          ? range.segment.file.read(buffer, start, start + length, range.position)
          : staged.copy(buffer, start, stagedAt, stagedAt + length)
      if (got !== length) throw new Error(`${range.segment.file.path} is shorter than what was written to it.`)
      const { partition, latestEpoch: leaderEpoch } = log
      const { topicIdBytes } = log.journalSlot
      const entry = { kind: RECORDS, topicIdBytes, partition, leaderEpoch, offset, endOffset, salt } as const
      encodeEntry(buffer, at, entry, length)
      at = start + length
    }
    const isWritten = this.#unlessFull(() => {
      tail.append(buffer, bytes, this.#paddedMax(tail))
      return true
    })
    if (!isWritten) return false
    this.#reachAhead(tail)
    const { file } = tail
    for (let index = 0; index < logs.length; index++) {
      const log = logs[index]!
      log.journalSlot.hold(file.holdings, ranges[index]!.endOffset, log)
    }
    tally.syncs++
    tally.journalSyncs++
    tally.journaledBytes += bytes
    this.#isWriting = true
    const named = this.#isNamed
    const synced = countdown(named ? 1 : 2, (error) => {
      this.#isWriting = false
      // Nothing but a round begins a file where there is one, and rounds follow each other.
      if (error === null) this.#isNamed = true
      else this.#fail(error)
      done(error)
    })
    tail.sync(synced)
    if (!named) {
      tally.syncs++
      disk.syncDirectoryLater(directory, synced)
    }
    return true
  }

  /**
   * Logs are about to be cut, or deleted (at 0): what is held of them from there on holds no more, durably when this returns,
   * by one sync for all. Throws I/O errors.
   */
  cut(cuts: readonly JournalCut[]): void {
    const held = this.#held(cuts)
    if (held.length === 0) return
    const { disk, directory, tally } = this.#options
    const tail = this.#tail ?? this.#rotate()
    this.#appendCuts(tail, held)
    tally.syncs++
    this.#relyOn(() => {
      tail.syncNow()
      if (!this.#isNamed) disk.syncDirectory(directory)
    })
    this.#isNamed = true
    for (const { topicId, partition } of held) this.#pendingCuts.delete(slotKey(topicId, partition))
    this.#files.lower(held)
  }

  /**
   * The same off the loop: `done` is called when it is durable. Throws I/O errors of writing. A log may be cut durably before,
   * by `cut`, and get new records that are held: those it does not touch.
   */
  cutLater(cuts: readonly JournalCut[], done: (error: Error | null) => void): void {
    const held = this.#held(cuts)
    if (held.length === 0) {
      done(null)
      return
    }
    const { disk, directory, tally } = this.#options
    const tail = this.#tail ?? this.#rotate()
    this.#appendCuts(tail, held)
    for (const cut of held) this.#pendingCuts.set(slotKey(cut.topicId, cut.partition), cut)
    const named = this.#isNamed
    const synced = countdown(named ? 1 : 2, (error) => {
      if (error === null) {
        // A next file may have been begun meanwhile, whose name is not durable by this.
        if (this.#tail === tail) this.#isNamed = true
        this.#files.lower(this.#takePending(held))
      } else this.#fail(error)
      done(error)
    })
    tally.syncs++
    tail.sync(synced)
    if (!named) {
      tally.syncs++
      disk.syncDirectoryLater(directory, synced)
    }
  }

  /** Those of `cuts` that are about something that it has. */
  #held(cuts: readonly JournalCut[]): JournalCut[] {
    return cuts.filter((cut) => this.#files.holds(cut))
  }

  /** Those of `cuts` that nothing has overtaken. */
  #takePending(cuts: readonly JournalCut[]): JournalCut[] {
    return cuts.filter((cut) => {
      const key = slotKey(cut.topicId, cut.partition)
      return this.#pendingCuts.get(key) === cut && this.#pendingCuts.delete(key)
    })
  }

  #appendCuts(tail: JournalTail<JournaledLog>, cuts: readonly JournalCut[]): void {
    const bytes = cuts.length * ENTRY_HEAD_BYTES
    const buffer = Buffer.alloc(bytes + PADDING_BYTES)
    for (const [at, { topicId, partition, offset }] of cuts.entries()) {
      const topicIdBytes = Buffer.from(topicId, 'base64url')
      const endOffset = offset
      const entry = { kind: CUT, topicIdBytes, partition, leaderEpoch: -1, offset, endOffset, salt: tail.salt } as const
      encodeEntry(buffer, at * ENTRY_HEAD_BYTES, entry, 0)
    }
    try {
      tail.append(buffer, bytes, this.#paddedMax(tail))
    } catch (error) {
      // What is written there next may end where one of them begins.
      this.#relyOn(() => tail.cutToSize())
      throw error
    }
  }

  /**
   * Logs are new: nothing is held for them, durably so when this returns. Those that had their names and topics before must not
   * leave them what they had. Throws I/O errors.
   */
  forget(logs: readonly Pick<JournaledLog, 'topicId' | 'partition'>[]): void {
    this.cut(logs.map(({ topicId, partition }) => ({ topicId, partition, offset: 0 })))
    for (const { topicId, partition } of logs) {
      const key = slotKey(topicId, partition)
      this.#pendingCuts.delete(key)
      this.#files.drop(key)
      this.#found.drop(key)
    }
    this.trim()
  }

  /**
   * Logs are deleted. That is written, as for new ones, where the disk has room for it. Where it has none it need not be: no
   * log of this life or another takes their names without being new. Throws other I/O errors.
   */
  leave(logs: readonly Pick<JournaledLog, 'topicId' | 'partition'>[]): void {
    try {
      this.forget(logs)
    } catch (error) {
      if (this.#isFailed || !isNoRoom(error)) throw error
      for (const { topicId, partition } of logs) {
        const key = slotKey(topicId, partition)
        this.#pendingCuts.delete(key)
        this.#files.leave(key)
      }
      this.trim()
    }
  }

  /**
   * The logs that keep the older files from going, asked for once after each new file: to be flushed, so that they can go.
   */
  takeLaggards(): JournaledLog[] {
    if (!this.#isRotated) return []
    this.#isRotated = false
    return this.#files.laggards()
  }

  /**
   * Lets go of the oldest files, as far as all they hold is durable in the logs. They are held, and not used again, until
   * that is durable: one that came back after a crash could tell of what was cut in between.
   */
  trim(): void {
    if (this.#isTrimming || this.#isFailed) return
    const { disk, directory, bytesMax } = this.#options
    if (this.sizeInBytes > bytesMax()) this.dropSpares()
    const done = this.#files.done(this.#tail !== null)
    if (done.length === 0) return
    try {
      const spares: Spare[] = []
      for (const file of done) {
        if (this.#isUsable(file, spares.length)) spares.push(this.#spares.rename(file))
        else disk.remove(file.path)
      }
      this.#isTrimming = true
      disk.syncDirectoryLater(directory, (error) => {
        this.#isTrimming = false
        this.#fullUntil = Number.NEGATIVE_INFINITY
        if (error !== null) {
          this.#fail(error)
          return
        }
        this.#files.removeOldest(done.length)
        this.#spares.add(spares)
      })
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  /** Whether a file that was done with is to be used again, where `others` are already. */
  #isUsable({ isOwn, room }: JournalFile<JournaledLog>, others: number): boolean {
    const fits = room <= this.#fileBytes && room >= this.#fileBytes / 2
    return isOwn && fits && this.#spares.takes(others) && this.#options.mayReserve(0)
  }

  /** Gives back the room of files that wait to be used again: others need it. */
  dropSpares(): void {
    this.#spares.drop((error) => this.#fail(error))
  }

  /**
   * Ends its use. After a clean stop nothing is left of it, unless a log could not take what it holds; otherwise its files
   * stay for the next start.
   */
  close(isClean: boolean): void {
    this.#tail?.close()
    this.#tail = null
    this.#isFailed = true
    const paths = [...this.#files.paths, ...[...this.#spares].map(({ path }) => path)]
    if (!isClean || paths.length === 0 || !this.#files.areDone) return
    const { disk, directory } = this.#options
    for (const path of paths) disk.remove(path)
    disk.syncDirectory(directory)
  }

  get #fileBytes(): number {
    return Math.min(FILE_BYTES_MAX, Math.floor(this.#options.bytesMax() / 4))
  }

  /** Up to where padding may take the file, so that all together are no larger than they may be. */
  #paddedMax({ file }: JournalTail<JournaledLog>): number {
    return Math.min(this.#fileBytes, file.room + this.#options.bytesMax() - this.sizeInBytes)
  }

  /** What a round of so many bytes is written to; null where the disk has no room for a new file. */
  #tailFor(bytes: number): JournalTail<JournaledLog> | null {
    const tail = this.#tail
    if (tail !== null && tail.file.size + bytes <= this.#fileBytes) return tail
    return this.#unlessFull(() => this.#rotate())
  }

  /** Begins the next file. */
  #rotate(): JournalTail<JournaledLog> {
    const { disk, directory, random } = this.#options
    // One that is there may have been made in vain before: by a life that was ended then, or where its name could not be synced.
    if (!this.#isPlaced) {
      disk.makeDirectory(directory)
      this.#relyOn(() => disk.syncDirectory(directory.slice(0, directory.lastIndexOf('/'))))
      this.#isPlaced = true
    }
    const sequence = this.#sequence + 1
    const path = `${directory}/${String(sequence).padStart(20, '0')}.journal`
    const room = this.#spares.take(path)
    const tail = new JournalTail<JournaledLog>(disk, path, sequence, random.below(2 ** 32 - 1) + 1, room)
    this.#tail?.close()
    this.#tail = tail
    this.#isNamed = false
    this.#sequence = sequence
    this.#isRotated = true
    this.#files.push(tail.file)
    return tail
  }

  /** Sees to it that what is written next makes the file no larger, where the disk has room enough. */
  #reachAhead(tail: JournalTail<JournaledLog>): void {
    const { bytesMax, mayReserve } = this.#options
    const bytes = Math.min(tail.zerosAhead(this.#fileBytes), bytesMax() - this.sizeInBytes)
    if (bytes <= 0 || !mayReserve(bytes)) return
    try {
      if (!tail.reachAhead(bytes)) tail.cutToSize()
    } catch (error) {
      this.#fail(error as Error)
      throw error
    }
  }

  /** Null where the disk has no room for what `run` does, and all of that is taken back. Throws other errors. */
  #unlessFull<T>(run: () => T): T | null {
    try {
      return run()
    } catch (error) {
      if (this.#isFailed || !isNoRoom(error)) {
        this.#fail(error as Error)
        throw error
      }
      this.#fullUntil = this.#options.clock.monotonic() + FULL_MS
      // What is written there next may end where an entry of it begins.
      this.#relyOn(() => this.#tail?.cutToSize())
      return null
    }
  }

  /** Does what is never tried again where it fails, not even for want of room: nobody would know what is on the disk. */
  #relyOn(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#fail(error as Error)
      throw error
    }
  }

  #bufferOf(bytes: number): Buffer {
    if (this.#buffer.length < bytes) this.#buffer = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(bytes)))
    return this.#buffer
  }

  #fail(error: Error): void {
    if (this.#isFailed) return
    this.#isFailed = true
    this.#options.failed(error)
  }
}
