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

/** `serve` for each of `pieces`, and `finish` then: work that needs nothing of the frame. */
export function forEachPiece<T>(pieces: readonly T[], serve: (piece: T) => void, finish: () => void): SlicedWork {
  let at = 0
  return {
    step() {
      if (at < pieces.length) serve(pieces[at++]!)
      return at < pieces.length
    },
    setAside: () => 0,
    finish,
  }
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
