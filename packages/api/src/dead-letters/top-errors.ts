/** The most frequent error of each topic of dead letters, asked for again where letters came or went. */

/** What tells whether letters came or went. */
export interface LetterCount {
  readonly topic: string
  readonly depth: number
  readonly newestMs: number | null
}

type Ask = (places: readonly LetterCount[]) => Promise<ReadonlyMap<string, string | null>>

export class TopErrors {
  readonly #ask: Ask
  #known = new Map<string, { readonly count: string; readonly error: string | null }>()
  #asking: Promise<void> = Promise.resolve()

  constructor(ask: Ask) {
    this.#ask = ask
  }

  /** null where it tells none, or is not known yet; else as it was known last. */
  of({ topic, depth }: LetterCount): string | null {
    return depth === 0 ? null : (this.#known.get(topic)?.error ?? null)
  }

  /** Asks for those that have changed: so many. What cannot be learned now is asked for the next time. */
  learn(places: readonly LetterCount[]): { readonly count: number; readonly learned: Promise<void> } {
    const counts = new Map(places.map((place) => [place.topic, countOf(place)]))
    const asked = places.filter(({ topic, depth }) => depth > 0 && this.#known.get(topic)?.count !== counts.get(topic))
    for (const topic of this.#known.keys()) if (!counts.has(topic)) this.#known.delete(topic)
    if (asked.length === 0) return { count: 0, learned: Promise.resolve() }
    const learned = this.#asking.then(async () => {
      // Those that were learned meanwhile are known.
      const open = asked.filter(({ topic }) => this.#known.get(topic)?.count !== counts.get(topic))
      if (open.length === 0) return
      const errors = await this.#ask(open)
      for (const { topic } of open)
        this.#known.set(topic, { count: counts.get(topic)!, error: errors.get(topic) ?? null })
    })
    this.#asking = learned.catch(() => {})
    return { count: asked.length, learned: this.#asking }
  }
}

function countOf({ depth, newestMs }: LetterCount): string {
  return `${depth} ${newestMs}`
}
