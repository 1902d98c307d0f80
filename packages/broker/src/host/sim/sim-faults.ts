/** What a simulated disk was told to do wrong: calls that fail, the call at which the machine dies, syncs that take long. */
import type { DiskCall } from './sim-disk.ts'
import type { SimDeath } from './sim-life.ts'

/** A call of a kind, about something whose name is part of what it is about. */
interface AwaitedCall {
  readonly kind: DiskCall
  readonly name: string
}

export class SimFaults {
  readonly #slow = new Map<string, number>()
  readonly #failures = new Map<DiskCall, { readonly code: string; readonly name: string }[]>()
  #fatalAt = Number.POSITIVE_INFINITY
  #fatal: AwaitedCall | null = null
  #death: SimDeath = 'power'

  /** How the machine dies at the call that is its last. */
  get death(): SimDeath {
    return this.#death
  }

  /** The call that makes the count of calls `at` is the last. */
  dieAt(at: number, death: SimDeath): void {
    this.#fatalAt = at
    this.#fatal = null
    this.#death = death
  }

  /** The next call of that kind about `name` is the last; or the one that was to be, if that comes first. */
  dieAtNext(kind: DiskCall, name: string, death: SimDeath): void {
    this.#fatal = { kind, name }
    this.#death = death
  }

  /** Whether call number `calls` is the last. */
  isFatal(calls: number, kind: DiskCall, detail: string): boolean {
    return calls >= this.#fatalAt || (this.#fatal?.kind === kind && detail.includes(this.#fatal.name))
  }

  /** The next `count` calls of a kind about `name` fail with a system error's code. */
  failNext(kind: DiskCall, code: string, count: number, name: string): void {
    const failures = this.#failures.get(kind) ?? []
    for (let i = 0; i < count; i++) failures.push({ code, name })
    this.#failures.set(kind, failures)
  }

  /** Calls do not fail any more; how many more would have. */
  forgetFailures(): number {
    const left = [...this.#failures.values()].reduce((sum, failures) => sum + failures.length, 0)
    this.#failures.clear()
    return left
  }

  /** The code with which this call fails, null where it does not. It is asked once of each call. */
  takeFailure(kind: DiskCall, detail: string): string | null {
    const failures = this.#failures.get(kind)
    const at = failures?.findIndex(({ name }) => detail.includes(name)) ?? -1
    return at < 0 ? null : failures!.splice(at, 1)[0]!.code
  }

  /** Syncs of `path`, a file or a directory with all in it, take up to `syncMs`. */
  slowDown(path: string, syncMs: number): void {
    this.#slow.set(path, syncMs)
  }

  /** What was said of `path`, undefined where nothing was. */
  slowness(path: string): number | undefined {
    for (const [slow, syncMs] of this.#slow) if (path === slow || path.startsWith(`${slow}/`)) return syncMs
    return undefined
  }
}
