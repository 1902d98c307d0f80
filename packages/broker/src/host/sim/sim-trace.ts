/** What happened, a line each. The last lines are kept to be printed, all of them count in the fingerprint. */
export class SimTrace {
  readonly #linesMax: number
  readonly #lines: string[] = []
  #fingerprint = 0x811c9dc5

  constructor(linesMax: number) {
    this.#linesMax = linesMax
  }

  add(line: string): void {
    // FNV-1a, over UTF-16 units.
    let hash = this.#fingerprint
    for (let i = 0; i < line.length; i++) hash = Math.imul(hash ^ line.charCodeAt(i), 0x01000193)
    this.#fingerprint = Math.imul(hash ^ 0x0a, 0x01000193)
    this.#lines.push(line)
    // Cut by halves, so that a long run does not move the array at every line.
    if (this.#lines.length >= 2 * this.#linesMax) this.#lines.splice(0, this.#lines.length - this.#linesMax)
  }

  /** Equal for runs that did the same. */
  get fingerprint(): number {
    return this.#fingerprint >>> 0
  }

  lines(): readonly string[] {
    return this.#lines.slice(-this.#linesMax)
  }

  toString(): string {
    return this.lines().join('\n')
  }
}
