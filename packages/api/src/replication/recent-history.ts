/** The newest events of a cluster, which pages ask for every few seconds: what was read is kept, and only what came since is read. */
import { type Cluster, clusterHistory, type HistoryPage, type HistoryQuery } from '@odradek/client'

export type RecentQuery = Omit<HistoryQuery, 'before' | 'known'>

interface Known {
  /** When all of it was read. */
  readonly atMs: number
  page: HistoryPage | null
  reading: Promise<HistoryPage> | null
}

/** Then all is read again: what retention took away is gone from the page too. */
const AGE_MS_MAX = 120_000
const QUESTIONS_MAX = 50

export class RecentHistory {
  readonly #cluster: Cluster
  /** By question; the one that was asked longest ago first. */
  readonly #known = new Map<string, Known>()

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** The first page. Those who ask the same at the same time share one reading. */
  page(query: RecentQuery): Promise<HistoryPage> {
    const key = JSON.stringify(query)
    let known = this.#known.get(key)
    if (known === undefined || performance.now() - known.atMs > AGE_MS_MAX) {
      known = { atMs: performance.now(), page: null, reading: null }
    }
    this.#known.delete(key)
    this.#known.set(key, known)
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= QUESTIONS_MAX) break
      this.#known.delete(oldest)
    }
    known.reading ??= this.#read(query, known)
    return known.reading
  }

  async #read(query: RecentQuery, known: Known): Promise<HistoryPage> {
    try {
      const page = await clusterHistory(this.#cluster, { ...query, ...(known.page?.isKept && { known: known.page }) })
      known.page = page
      return page
    } finally {
      known.reading = null
    }
  }
}
