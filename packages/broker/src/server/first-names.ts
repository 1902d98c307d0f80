/** The first names in their order, each once, of however many are added: sorted a few at a time, and no more of them are kept. */
export class FirstNames {
  readonly #max: number
  #names: string[] = []
  /** What is not before this one is not among the first. */
  #last: string | null = null

  constructor(max: number) {
    this.#max = max
  }

  add(name: string): void {
    if (this.#last !== null && name >= this.#last) return
    this.#names.push(name)
    if (this.#names.length >= 2 * this.#max) this.#sort()
  }

  /** The names, at most as many as are wanted. */
  sorted(): readonly string[] {
    this.#sort()
    return this.#names
  }

  #sort(): void {
    const names = this.#names.sort()
    let count = 0
    for (let at = 0; at < names.length && count < this.#max; at++)
      if (count === 0 || names[at] !== names[count - 1]) names[count++] = names[at]!
    names.length = count
    if (count === this.#max) this.#last = names[count - 1]!
  }
}
