/** How a simulated process ends: killed (the kernel and its page cache stay) or with the machine's power. */
export type SimDeath = 'process' | 'power'

/** Thrown out of the system call at which a simulated process dies, and out of every later one. */
export class SimCrash extends Error {
  constructor(where: string) {
    super(`the simulated process died at ${where}`)
    this.name = 'SimCrash'
  }
}

/** One life of a simulated process, from boot to crash. Its events stop with it. */
export class SimLife {
  readonly name: string
  /** Stopped, as by SIGSTOP: what would happen in it before this virtual time happens then, in the same order. */
  heldUntil = 0
  readonly #onEnd: ((death: SimDeath) => void)[] = []
  #alive = true

  constructor(name: string) {
    this.name = name
  }

  get alive(): boolean {
    return this.#alive
  }

  onEnd(run: (death: SimDeath) => void): void {
    this.#onEnd.push(run)
  }

  end(death: SimDeath): void {
    if (!this.#alive) return
    this.#alive = false
    for (const run of this.#onEnd) run(death)
  }
}
