import fs from 'node:fs'

/** One fdatasync at a time; who comes while it is under way shares the next. */
export class SharedSync {
  readonly #descriptor: number
  #waiting: (() => void)[] = []
  #isSyncing = false

  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  /** Calls `done` when all that is written now is on the disk. */
  whenDurable(done: () => void): void {
    this.#waiting.push(done)
    if (this.#isSyncing) return
    this.#isSyncing = true
    // What the other connections bring in this turn goes with it.
    setImmediate(() => this.#sync())
  }

  #sync(): void {
    const waiting = this.#waiting
    this.#waiting = []
    fs.fdatasync(this.#descriptor, (error) => {
      // A topic that was removed in the meantime has nobody who waits.
      if (error !== null && error.code !== 'EBADF') throw error
      for (const done of waiting) done()
      if (this.#waiting.length > 0) this.#sync()
      else this.#isSyncing = false
    })
  }
}
