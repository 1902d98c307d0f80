import { LoadError } from './load.ts'

/** How long answers may stay away once nothing more is asked. */
const LAST_ANSWER_MS_MAX = 30_000

/** The life of one run, as its connections see it. */
export class Run {
  /** New requests are made. */
  issuing = true
  /** The sockets are being closed on purpose. */
  closing = false
  readonly #failure = Promise.withResolvers<never>()

  constructor() {
    // It may come while nobody waits; whoever waits next hears of it.
    this.#failure.promise.catch(() => {})
  }

  fail(error: Error): void {
    if (!this.closing) this.#failure.reject(error)
  }

  stop(): void {
    this.issuing = false
  }

  /** `done`, or the first failure. */
  until<T>(done: Promise<T>): Promise<T> {
    return Promise.race([done, this.#failure.promise])
  }

  /** Waits until everything in flight has been answered. */
  async idle(isIdle: () => boolean): Promise<void> {
    for (const end = performance.now() + LAST_ANSWER_MS_MAX; !isIdle(); ) {
      if (performance.now() > end) throw new LoadError(`Requests were unanswered after ${LAST_ANSWER_MS_MAX / 1000} s`)
      await this.until(new Promise((resolve) => setTimeout(resolve, 1)))
    }
  }
}
