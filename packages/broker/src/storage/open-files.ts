/** Open segment files, of all logs together, unless told otherwise. */
export const OPEN_FILES_MAX = 1000

/** How many of the oldest are asked before the bound is exceeded for a while. */
const ASKED_MAX = 16

/** Something that holds a file open and can do without for a while. */
export interface FileHolder {
  /** Whether its file must stay open now: it has bytes that a flush is still to make durable. */
  readonly pinned: boolean
  /** Closes the file; it will be opened again when needed. */
  release(): void
}

/** Which files are open, least recently used first: past the bound the oldest are closed. */
export class OpenFiles {
  readonly #max: number
  readonly #holders = new Set<FileHolder>()

  constructor(max: number = OPEN_FILES_MAX) {
    this.#max = max
  }

  get size(): number {
    return this.#holders.size
  }

  /** Notes that `holder` has opened its file or just used it. */
  use(holder: FileHolder): void {
    const holders = this.#holders
    holders.delete(holder)
    holders.add(holder)
    if (holders.size <= this.#max) return
    let asked = 0
    for (const oldest of holders) {
      if (oldest === holder || ++asked > ASKED_MAX) return
      holders.delete(oldest)
      if (oldest.pinned) {
        holders.add(oldest)
        continue
      }
      oldest.release()
      if (holders.size <= this.#max) return
    }
  }

  /** Notes that `holder` has closed its file. */
  drop(holder: FileHolder): void {
    this.#holders.delete(holder)
  }
}
