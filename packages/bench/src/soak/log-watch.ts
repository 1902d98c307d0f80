/** Reads a broker's log as it is written, and notes what it must not say. */

/** The lines a second of one kind of warning: the broker's own limit, and the line that tells how many were left out. */
const SECOND_MS = 1000

export class LogWatch {
  readonly #linesPerSecondMax: number
  readonly problems: string[] = []
  lines = 0
  warnings = 0
  /** Lines that name a client. */
  aboutClients = 0
  /** Most lines in one second. */
  mostPerSecond = 0
  #second = 0
  #inSecond = 0

  /** `linesPerSecondMax` is for all kinds of warnings together. */
  constructor(linesPerSecondMax: number) {
    this.#linesPerSecondMax = linesPerSecondMax
  }

  add(line: string): void {
    this.lines += 1
    let entry: { level: number; time: number; remote?: string; msg: string }
    try {
      entry = JSON.parse(line)
    } catch {
      this.#problem(`not a line of the log: ${line}`)
      return
    }
    if (entry.level >= 50) this.#problem(line)
    if (entry.level === 40) this.warnings += 1
    this.#countSecond(entry.time)
    if (entry.level >= 40 && entry.remote !== undefined) this.aboutClients += 1
  }

  #countSecond(time: number): void {
    const second = Math.floor(time / SECOND_MS)
    if (second !== this.#second) {
      this.#second = second
      this.#inSecond = 0
    }
    this.#inSecond += 1
    this.mostPerSecond = Math.max(this.mostPerSecond, this.#inSecond)
    if (this.#inSecond === this.#linesPerSecondMax + 1) {
      this.#problem(`more than ${this.#linesPerSecondMax} lines in one second`)
    }
  }

  #problem(text: string): void {
    if (this.problems.length < 20) this.problems.push(text.slice(0, 1000))
  }
}
