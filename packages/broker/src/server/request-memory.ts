/**
 * The memory for what is on its way through connections (`memory.request.bytes.max`): requests that are put together from
 * pieces, requests kept behind one that waits, answers that are made, and answers that the kernel has not taken.
 *
 * A request that comes whole needs none of it. One that comes in pieces takes it as it grows; where there is no more, its
 * connection is not read until there is. Lest all wait for each other, the request that was begun first is always given
 * more: so one of them can be finished at any time, and the bound is exceeded by that one at most.
 *
 * Answers that are made in slices grow in the same way, many at once: where half of the memory is used, only that which was
 * begun first grows on. The other half is for requests and for answers that leave.
 */
import type { Turn, TurnTask } from '../host/turn.ts'

/** What of the memory may be used where answers grow on that others were begun before. */
const MAKING_SHARE = 0.5

/** Somebody who waits for memory. */
export interface MemoryWaiter {
  /** There may be room now: ask again. */
  roomMade(): void
}

/** A connection's reader, as far as it takes memory. */
export interface MemoryTaker extends MemoryWaiter {
  /** It holds memory that others wait for and takes too long: it is to let go. */
  tooSlow(): void
}

export class RequestMemory implements TurnTask {
  readonly #turn: Turn
  readonly #bytesMax: () => number
  #frameBytes = 0
  #backlogBytes = 0
  #madeBytes = 0
  #answerBytes = 0
  /** Who puts a request together, and since when (monotonic milliseconds): oldest first. */
  readonly #takers = new Map<MemoryTaker, number>()
  /** Whose answers are made in slices: first begun first. */
  readonly #makers = new Set<MemoryWaiter>()
  readonly #waiting = new Set<MemoryWaiter>()
  #wakes = false

  constructor(turn: Turn, bytesMax: () => number) {
    this.#turn = turn
    this.#bytesMax = bytesMax
  }

  /** Buffers of requests that come in pieces. */
  get frameBytes(): number {
    return this.#frameBytes
  }

  /** Requests that came while an earlier one of their connection waits. */
  get backlogBytes(): number {
    return this.#backlogBytes
  }

  /** Answers that were made, or are being made, and not encoded, with what was asked where that takes long. */
  get madeBytes(): number {
    return this.#madeBytes
  }

  /** Answers that were handed to the kernel and not taken. */
  get answerBytes(): number {
    return this.#answerBytes
  }

  get usedBytes(): number {
    return this.#frameBytes + this.#backlogBytes + this.#madeBytes + this.#answerBytes
  }

  /** Connections that are not read, or whose answers do not grow on, for want of memory. */
  get waiting(): number {
    return this.#waiting.size
  }

  get isFull(): boolean {
    return this.usedBytes >= this.#bytesMax()
  }

  /** Takes `bytes` more for a request that comes in pieces. False: there is no room, and `roomMade` is called when there is. */
  take(taker: MemoryTaker, bytes: number, now: () => number): boolean {
    const [oldest] = this.#takers.keys()
    const isFirst = oldest === undefined || oldest === taker
    if (!isFirst && this.usedBytes + bytes > this.#bytesMax()) {
      this.#waiting.add(taker)
      return false
    }
    if (!this.#takers.has(taker)) this.#takers.set(taker, now())
    this.#frameBytes += bytes
    return true
  }

  /** The request is whole, or will never be: all its `bytes` are given back. */
  done(taker: MemoryTaker, bytes: number): void {
    this.#frameBytes -= bytes
    this.#takers.delete(taker)
    this.#waiting.delete(taker)
    this.#wakeLater()
  }

  /** Its connection is gone: it waits no more. */
  forget(taker: MemoryTaker): void {
    this.#waiting.delete(taker)
  }

  /** Counts requests that are kept, or with `bytes` below 0, are kept no more. */
  keep(bytes: number): void {
    this.#backlogBytes += bytes
    if (bytes < 0) this.#wakeLater()
  }

  /** Counts answers that are made, or with `bytes` below 0, were encoded. */
  make(bytes: number): void {
    this.#madeBytes += bytes
    if (bytes < 0) this.#wakeLater()
  }

  /** Whether an answer that is made in slices may grow on; where it may not, `roomMade` is called when it may. */
  mayMakeOn(maker: MemoryWaiter): boolean {
    this.#makers.add(maker)
    if (this.#hasRoomToMake(maker)) return true
    this.#waiting.add(maker)
    return false
  }

  /** An answer in slices is made, or given up. */
  madeUp(maker: MemoryWaiter): void {
    this.#makers.delete(maker)
    this.#waiting.delete(maker)
    this.#wakeLater()
  }

  /** Counts answers that wait, or with `bytes` below 0, have left. */
  queue(bytes: number): void {
    this.#answerBytes += bytes
    if (bytes < 0) this.#wakeLater()
  }

  /** Ends requests that were begun before `since` (monotonic milliseconds) while others wait for the memory they hold. */
  endSlow(since: number): void {
    if (this.#waiting.size === 0) return
    for (const [taker, begunAt] of [...this.#takers]) if (begunAt < since) taker.tooSlow()
  }

  /** End of the turn: those who wait ask again, in their order, for as long as there is room. */
  endTurn(): void {
    this.#wakes = false
    const [oldest] = this.#takers.keys()
    for (const waiter of [...this.#waiting]) {
      if (this.#makers.has(waiter) ? !this.#hasRoomToMake(waiter) : this.isFull && oldest && waiter !== oldest) continue
      this.#waiting.delete(waiter)
      waiter.roomMade()
    }
  }

  #hasRoomToMake(maker: MemoryWaiter): boolean {
    const [first] = this.#makers
    return maker === first || this.usedBytes < this.#bytesMax() * MAKING_SHARE
  }

  #wakeLater(): void {
    if (this.#wakes || this.#waiting.size === 0) return
    this.#wakes = true
    this.#turn.defer('answer', this)
  }
}

/** What one connection's reader has of the memory. */
export class MemoryAccount {
  readonly #memory: RequestMemory
  readonly #taker: MemoryTaker
  readonly #now: () => number
  #frameBytes = 0
  #keptBytes = 0

  constructor(memory: RequestMemory, taker: MemoryTaker, now: () => number) {
    this.#memory = memory
    this.#taker = taker
    this.#now = now
  }

  /** The request that comes in pieces is to have a buffer of `bytes`; false where it must wait for that. */
  growTo(bytes: number): boolean {
    const more = bytes - this.#frameBytes
    if (more > 0 && !this.#memory.take(this.#taker, more, this.#now)) return false
    this.#frameBytes = bytes
    return true
  }

  /** The connection is gone. */
  close(): void {
    this.done()
    this.keep(0)
    this.#memory.forget(this.#taker)
  }

  /** The request is whole. */
  done(): void {
    if (this.#frameBytes === 0) return
    this.#memory.done(this.#taker, this.#frameBytes)
    this.#frameBytes = 0
  }

  /** Requests of `bytes` are kept for later. */
  keep(bytes: number): void {
    if (bytes === this.#keptBytes) return
    this.#memory.keep(bytes - this.#keptBytes)
    this.#keptBytes = bytes
  }
}
