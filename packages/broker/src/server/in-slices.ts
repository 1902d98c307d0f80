/**
 * Requests that ask for much work of their own: what one turn has no time for follows in later ones, a slice in each, after
 * all others were answered. The connection's next requests wait for the answer, so nothing changes but how long others wait.
 */
import type { Exchange } from './exchange.ts'
import type { LateReader } from './late-reads.ts'
import type { MemoryWaiter } from './request-memory.ts'

/** How long a request may hold the loop at first: to set aside what is left has its price, and few take so long. */
const FIRST_SLICE_MS = 5
/** … and then in each turn. */
const SLICE_MS = 1
/** What a request has of the heap when it is decoded, as a multiple of its bytes: short texts and small numbers, mostly. */
const DECODED_GROWTH = 8
/** About what an object with a few members, or an element of an array of such, has of the heap. */
const OBJECT_BYTES = 150

/** A request's work in pieces, each of which can be done by itself. */
export interface SlicedWork {
  /** Does the next piece, if there is one; whether any is left. */
  step(): boolean
  /** Copies what is still needed of the frame, which is borrowed until the handler returns. How many bytes that are. */
  setAside(): number
  /** All pieces are done: answers, or sees to that. */
  finish(): void
  /** Whether it changes nothing: it waits where there is no memory for its answer, and is given up once its client is gone [false]. */
  readonly isRead?: boolean
  /** About how long what it has done so far takes at the ends of turns (ms), which is its work as well [0]. */
  readonly laterMs?: number
}

/** Does `work` and finishes it: before it returns, where that does not take long or there is no memory to set it aside. */
export function doInSlices(exchange: Exchange, work: SlicedWork): void {
  const { host, requestMemory, lateReads } = exchange.broker
  while (work.step()) {
    const usedMs = host.clock.monotonic() - exchange.receivedAt + (work.laterMs ?? 0)
    if (usedMs < FIRST_SLICE_MS || requestMemory.isFull) continue
    exchange.blocks = true
    lateReads.add(new LaterSlices(exchange, work), true)
    return
  }
  work.finish()
}

/** About how many bytes a part of an answer has that has `count` objects within it. */
export function bytesOfPart(count = 0): number {
  return OBJECT_BYTES * (1 + count)
}

/** `serve` for each of `pieces`, which are taken one by one, and `finish` then: work that needs nothing of the frame. */
export function forEachPiece<T>(
  pieces: Iterable<T>,
  serve: (piece: T) => void,
  finish: () => void,
  isRead = false,
): SlicedWork {
  const taken = pieces[Symbol.iterator]()
  let next = taken.next()
  return {
    step() {
      if (next.done === true) return false
      serve(next.value)
      next = taken.next()
      return next.done !== true
    },
    setAside: () => 0,
    finish,
    isRead,
  }
}

/**
 * How `exchange` has a thing done for each of many, which needs nothing of the frame; `isRead` as of SlicedWork. `serve` tells
 * of how many objects there are more in what it made, then or later.
 */
export function inSlicesOf(exchange: Exchange, { isRead }: { isRead: boolean }) {
  const made = (count: number) => exchange.hold(bytesOfPart(count))
  return <T>(pieces: Iterable<T>, serve: (piece: T, made: (count: number) => void) => void, finish: () => void): void =>
    doInSlices(
      exchange,
      forEachPiece(pieces, (piece) => serve(piece, made), finish, isRead),
    )
}

/** Answers with what `serve` makes of each of `pieces`, which has so many bytes of the heap. */
export function answerInSlices<T, R>(
  exchange: Exchange,
  pieces: Iterable<T>,
  serve: (piece: T) => R,
  bytesOf: (result: R) => number,
  answerOf: (results: R[]) => object,
): undefined {
  const results: R[] = []
  const serveNext = (piece: T) => {
    const result = serve(piece)
    results.push(result)
    exchange.hold(bytesOf(result))
  }
  const finish = () => exchange.answer(answerOf(results))
  doInSlices(exchange, forEachPiece(pieces, serveNext, finish, true))
}

class LaterSlices implements LateReader, MemoryWaiter {
  readonly #exchange: Exchange
  readonly #work: SlicedWork
  #bytes: number
  #isOver = false

  constructor(exchange: Exchange, work: SlicedWork) {
    this.#exchange = exchange
    this.#work = work
    this.#bytes = work.setAside()
    exchange.broker.requestMemory.keep(this.#bytes)
    if (work.isRead !== true) return
    exchange.hold(DECODED_GROWTH * exchange.connection.requestBytes)
    exchange.onAbandoned = this.#end.bind(this)
  }

  roomMade(): void {
    this.#exchange.broker.lateReads.add(this, false)
  }

  readOnLate(): void {
    if (this.#isOver) return
    const exchange = this.#exchange
    const work = this.#work
    const { host, lateReads, logger, requestMemory } = exchange.broker
    if (work.isRead === true && !requestMemory.mayMakeOn(this)) return
    const until = host.clock.monotonic() + SLICE_MS + (work.laterMs ?? 0)
    try {
      while (work.step()) {
        if (host.clock.monotonic() + (work.laterMs ?? 0) < until) continue
        lateReads.add(this, true)
        return
      }
      this.#end()
      work.finish()
    } catch (error) {
      this.#end()
      logger.error({ api: exchange.api.name, err: error }, 'The request could not be carried out')
      exchange.refuse((error as Error).message)
    }
  }

  /** What was set aside goes back, once, also where the work failed or is given up; what was made is held until it is encoded. */
  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    const { requestMemory } = this.#exchange.broker
    requestMemory.keep(-this.#bytes)
    requestMemory.madeUp(this)
    this.#bytes = 0
  }
}
