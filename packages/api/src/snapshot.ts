/** One shared copy of something that is slow to learn: asked for once by many callers, and kept for a while. */
export class Snapshot<T> {
  readonly #load: () => Promise<T>
  readonly #ageMaxMs: number
  readonly #now: () => number
  #known: { readonly value: T } | null = null
  /** When it came: what takes long to learn would else be old at once. */
  #atMs = Number.NEGATIVE_INFINITY
  #loading: Promise<T> | null = null

  /** `now`: milliseconds by a clock that never goes back. */
  constructor(ageMaxMs: number, load: () => Promise<T>, now: () => number = () => performance.now()) {
    this.#now = now
    this.#ageMaxMs = ageMaxMs
    this.#load = load
  }

  /** At most `ageMaxMs` old. */
  async get(): Promise<T> {
    return this.#known !== null && this.#isYoungerThan(this.#ageMaxMs) ? this.#known.value : this.refresh()
  }

  /** What is known now, however old, or null; a new one is fetched meanwhile if it is old. For columns that may come late. */
  peek(): T | null {
    if (!this.#isYoungerThan(this.#ageMaxMs)) this.refresh().catch(() => {})
    return this.#known?.value ?? null
  }

  /** What is known if it is no older than that and nothing was changed since; undefined: nothing. Fetches nothing. */
  recent(ageMs: number): T | undefined {
    return this.#isYoungerThan(ageMs) ? this.#known?.value : undefined
  }

  /** Fetches now; callers at the same time share one fetch. */
  refresh(): Promise<T> {
    this.#loading ??= this.#fetch()
    return this.#loading
  }

  /** What is known is wrong now: the next `get` fetches. A fetch that is under way may have begun before the change. */
  forget(): void {
    this.#atMs = Number.NEGATIVE_INFINITY
    this.#loading = null
  }

  #isYoungerThan(ageMs: number): boolean {
    return this.#now() - this.#atMs <= ageMs
  }

  #fetch(): Promise<T> {
    const loading: Promise<T> = this.#load()
      .then((value) => {
        // Not one that began before a change.
        if (this.#loading === loading) {
          this.#known = { value }
          this.#atMs = this.#now()
        }
        return value
      })
      .finally(() => {
        if (this.#loading === loading) this.#loading = null
      })
    return loading
  }
}
