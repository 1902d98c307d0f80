/**
 * Requests that ask for much work of their own: what one turn has no time for follows in later ones, a slice in each, after
 * all others were answered. The connection's next requests wait for the answer, so nothing changes but how long others wait.
 */
import type { Exchange } from './exchange.ts'
import type { LateReader } from './late-reads.ts'

/** How long a request may hold the loop at first: to set aside what is left has its price, and few take so long. */
const FIRST_SLICE_MS = 5
/** … and then in each turn. */
const SLICE_MS = 1

/** A request's work in pieces, each of which can be done by itself. */
export interface SlicedWork {
  /** Does the next piece, if there is one; whether any is left. */
  step(): boolean
  /** Copies what is still needed of the frame, which is borrowed until the handler returns. How many bytes that are. */
  setAside(): number
  /** All pieces are done: answers, or sees to that. */
  finish(): void
  /** Whether it changes nothing, so that it is done for nobody once its client is gone [false]. */
  readonly isRead?: boolean
}

/** Does `work` and finishes it: before it returns, where that does not take long or there is no memory to set it aside. */
export function doInSlices(exchange: Exchange, work: SlicedWork): void {
  const { host, requestMemory, lateReads } = exchange.broker
  while (work.step()) {
    if (host.clock.monotonic() - exchange.receivedAt < FIRST_SLICE_MS || requestMemory.isFull) continue
    exchange.blocks = true
    lateReads.add(new LaterSlices(exchange, work), true)
    return
  }
  work.finish()
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

/** How `exchange` has a thing done for each of many, which needs nothing of the frame; `isRead` as of SlicedWork. */
export function inSlicesOf(exchange: Exchange, { isRead }: { isRead: boolean }) {
  return <T>(pieces: Iterable<T>, serve: (piece: T) => void, finish: () => void): void =>
    doInSlices(exchange, forEachPiece(pieces, serve, finish, isRead))
}

/** Answers with what `serve` makes of each of `pieces`. */
export function answerInSlices<T, R>(
  exchange: Exchange,
  pieces: Iterable<T>,
  serve: (piece: T) => R,
  answerOf: (results: R[]) => object,
): undefined {
  const results: R[] = []
  const finish = () => exchange.answer(answerOf(results))
  doInSlices(
    exchange,
    forEachPiece(pieces, (piece) => void results.push(serve(piece)), finish, true),
  )
}

class LaterSlices implements LateReader {
  readonly #exchange: Exchange
  readonly #work: SlicedWork
  #bytes: number

  constructor(exchange: Exchange, work: SlicedWork) {
    this.#exchange = exchange
    this.#work = work
    this.#bytes = work.setAside()
    exchange.broker.requestMemory.keep(this.#bytes)
  }

  readOnLate(): void {
    const exchange = this.#exchange
    const { host, lateReads, logger } = exchange.broker
    if (this.#work.isRead === true && exchange.connection.isGone) {
      this.#release()
      return
    }
    const until = host.clock.monotonic() + SLICE_MS
    try {
      while (this.#work.step()) {
        if (host.clock.monotonic() < until) continue
        lateReads.add(this, true)
        return
      }
      this.#release()
      this.#work.finish()
    } catch (error) {
      this.#release()
      logger.error({ api: exchange.api.name, err: error }, 'The request could not be carried out')
      exchange.refuse((error as Error).message)
    }
  }

  /** The memory goes back, once, also where the work failed. */
  #release(): void {
    this.#exchange.broker.requestMemory.keep(-this.#bytes)
    this.#bytes = 0
  }
}
