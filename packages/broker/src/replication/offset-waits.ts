/** What waits until an offset is reached: kept as data, in offset order, so that it can be counted and given up. */
export interface OffsetWait {
  /** Called once: with 0 when the offset was reached, else with the protocol error that ended the wait. */
  reached(errorCode: number): void
  /** Whether it ends when too few replicas are in sync, though it may be reached later [false]. */
  readonly needsInSync?: boolean
}

/** In the place of one that has ended. */
const ENDED: OffsetWait = { reached() {} }

export class OffsetWaits {
  #offsets: number[] = []
  #waits: OffsetWait[] = []
  #head = 0

  get size(): number {
    return this.#offsets.length - this.#head
  }

  /** Adds a wait. Offsets mostly arrive in order, so the place is looked for from the end. */
  add(offset: number, wait: OffsetWait): void {
    let at = this.#offsets.length
    while (at > this.#head && this.#offsets[at - 1]! > offset) at -= 1
    if (at === this.#offsets.length) {
      this.#offsets.push(offset)
      this.#waits.push(wait)
    } else {
      this.#offsets.splice(at, 0, offset)
      this.#waits.splice(at, 0, wait)
    }
  }

  /** Forgets a wait that was given up, if it still waits. */
  remove(wait: OffsetWait): void {
    const at = this.#waits.indexOf(wait, this.#head)
    if (at < 0) return
    this.#offsets.splice(at, 1)
    this.#waits.splice(at, 1)
    this.#compact()
  }

  /** Ends every wait for an offset up to and including `offset`. */
  reach(offset: number): void {
    while (this.#head < this.#offsets.length && this.#offsets[this.#head]! <= offset) {
      const wait = this.#waits[this.#head]!
      // Let go of at once: with the wait goes its request, while others of the same log go on waiting behind it.
      this.#waits[this.#head] = ENDED
      this.#head += 1
      wait.reached(0)
    }
    this.#compact()
  }

  /** Ends every wait for an offset above `offset` with an error: what it waits for will not be there. */
  failAbove(offset: number, errorCode: number): void {
    let at = this.#offsets.length
    while (at > this.#head && this.#offsets[at - 1]! > offset) at -= 1
    const waits = this.#waits.splice(at)
    this.#offsets.length = at
    for (const wait of waits) wait.reached(errorCode)
    this.#compact()
  }

  /** Ends those waits with an error that need enough replicas in sync: they are no more. */
  failInSync(errorCode: number): void {
    const failed: OffsetWait[] = []
    const offsets: number[] = []
    const waits: OffsetWait[] = []
    for (let at = this.#head; at < this.#waits.length; at++) {
      const wait = this.#waits[at]!
      if (wait.needsInSync === true) failed.push(wait)
      else {
        offsets.push(this.#offsets[at]!)
        waits.push(wait)
      }
    }
    this.#offsets = offsets
    this.#waits = waits
    this.#head = 0
    for (const wait of failed) wait.reached(errorCode)
  }

  /** Ends all waits with an error. */
  fail(errorCode: number): void {
    const waits = this.#waits.slice(this.#head)
    this.#offsets = []
    this.#waits = []
    this.#head = 0
    for (const wait of waits) wait.reached(errorCode)
  }

  #compact(): void {
    if (this.#head === this.#offsets.length) {
      this.#offsets.length = 0
      this.#waits.length = 0
      this.#head = 0
    } else if (this.#head > 1024) {
      this.#offsets.splice(0, this.#head)
      this.#waits.splice(0, this.#head)
      this.#head = 0
    }
  }
}
