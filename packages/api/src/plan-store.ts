/**
 * Plans that wait to be applied. A plan is applied once: a second click, or a second operator with the same plan, gets the
 * result of the first. Bounded in number and age.
 */
import { randomUUID } from 'node:crypto'
import { refuse } from './failure.ts'

interface Stored<P, R> {
  readonly clusterId: string
  readonly plan: P
  readonly atMs: number
  /** Its rows. */
  readonly weight: number
  applied: Promise<R> | null
}

export class PlanStore<P, R> {
  readonly #plans = new Map<string, Stored<P, R>>()
  readonly #plansMax: number
  readonly #weightMax: number
  #weight = 0
  readonly #ageMaxMs: number

  constructor(limits: { plansMax?: number; weightMax?: number; ageMaxMs?: number } = {}) {
    this.#plansMax = limits.plansMax ?? 1000
    this.#weightMax = limits.weightMax ?? 200_000
    this.#ageMaxMs = limits.ageMaxMs ?? 30 * 60_000
  }

  /** Keeps a plan of a cluster, with as many rows as `weight`, and returns its id. The oldest go where there are too many. */
  add(clusterId: string, plan: P, weight: number): string {
    const id = randomUUID()
    const now = Date.now()
    for (const [old, stored] of this.#plans) {
      const isFull = this.#plans.size >= this.#plansMax || this.#weight + weight > this.#weightMax
      if (!isFull && now - stored.atMs <= this.#ageMaxMs) break
      this.#plans.delete(old)
      this.#weight -= stored.weight
    }
    this.#plans.set(id, { clusterId, plan, atMs: now, weight, applied: null })
    this.#weight += weight
    return id
  }

  /** The plan; throws where it is not known (any more), or of another cluster. */
  get(clusterId: string, id: string, tried: string): P {
    return this.#stored(clusterId, id, tried).plan
  }

  /** Applies the plan, or gives the result of the time it was applied. One that was refused may be tried again. */
  once(
    clusterId: string,
    id: string,
    tried: string,
    apply: (plan: P) => Promise<R>,
  ): { readonly isFirst: boolean; readonly done: Promise<R> } {
    const stored = this.#stored(clusterId, id, tried)
    if (stored.applied) return { isFirst: false, done: stored.applied }
    const applied = apply(stored.plan)
    stored.applied = applied
    applied.catch(() => {
      stored.applied = null
    })
    return { isFirst: true, done: applied }
  }

  #stored(clusterId: string, id: string, tried: string): Stored<P, R> {
    const stored = this.#plans.get(id)
    if (stored && stored.clusterId === clusterId && Date.now() - stored.atMs <= this.#ageMaxMs) return stored
    throw refuse('NOT_FOUND', 'This plan is not known any more.', { tried, remedy: 'Plan again.' })
  }
}
