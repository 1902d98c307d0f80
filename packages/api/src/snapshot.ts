/** One shared copy of something that is slow to learn: asked for once by many callers, and kept for a while. */
export class Snapshot<T> {
  readonly #load: () => Promise<T>
  readonly #ageMaxMs: number
  #value: T | null = null
  #atMs = Number.NEGATIVE_INFINITY
  #loading: Promise<T> | null = null

  constructor(ageMaxMs: number, load: () => Promise<T>) {
    this.#ageMaxMs = ageMaxMs
    this.#load = load
  }

  /** At most `ageMaxMs` old. */
  async get(): Promise<T> {
    if (this.#value !== null && performance.now() - this.#atMs <= this.#ageMaxMs) return this.#value
    return this.refresh()
  }

  /** What is known now, however old, or null; a new one is fetched meanwhile if it is old. For columns that may come late. */
  peek(): T | null {
    if (performance.now() - this.#atMs > this.#ageMaxMs) this.refresh().catch(() => {})
    return this.#value
  }

  /** Fetches now; callers at the same time share one fetch. */
  refresh(): Promise<T> {
    this.#loading ??= this.#fetch().finally(() => {
      this.#loading = null
    })
    return this.#loading
  }

  /** What is known is wrong now: the next `get` fetches. A fetch that is under way may have begun before the change. */
  forget(): void {
    this.#atMs = Number.NEGATIVE_INFINITY
    this.#loading = null
  }

  async #fetch(): Promise<T> {
    const began = performance.now()
    const value = await this.#load()
    if (began >= this.#atMs) {
      this.#value = value
      this.#atMs = began
    }
    return value
  }
}
