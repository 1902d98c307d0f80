/** The sample shops that this console started: one a cluster at most, each a process of its own. */
import type { ClusterOptions } from '@odradek/client'
import { removeShop, ShopProcess, shopTopics } from '@odradek/demo'
import type { ClusterSession } from './cluster-session.ts'

export interface ShopStatus {
  /** none: nothing of it is in the cluster; closed: its topics are there, nobody writes; opening; open; closing. */
  readonly state: 'none' | 'closed' | 'opening' | 'open' | 'closing'
  /** Records written since it opened, the history apart. */
  readonly written: number
  /** Why the last attempt failed. */
  readonly failure: string | null
}

interface Entry {
  process: ShopProcess | null
  closing: Promise<void> | null
  failure: string | null
}

export class SampleShops {
  readonly #entries = new Map<string, Entry>()

  async status(session: ClusterSession): Promise<ShopStatus> {
    const entry = this.#entry(session.id)
    const { process, closing, failure } = entry
    if (closing !== null) return { state: 'closing', written: 0, failure: null }
    if (process !== null && !process.hasEnded) {
      return { state: process.isOpen ? 'open' : 'opening', written: process.written, failure: null }
    }
    const { topics } = await session.cluster.metadata()
    const isThere = shopTopics.some(({ name }) => topics.has(name))
    return { state: isThere ? 'closed' : 'none', written: process?.written ?? 0, failure }
  }

  /** Opens the shop; opening one that is open does nothing. Does not wait until it is open. */
  start(session: ClusterSession): void {
    const entry = this.#entry(session.id)
    if (entry.closing !== null || (entry.process !== null && !entry.process.hasEnded)) return
    entry.failure = null
    const shop = new ShopProcess({ cluster: plainOptions(session.settings) })
    entry.process = shop
    shop.opened().then(
      () => session.forget(),
      (error: Error) => {
        if (entry.process === shop && entry.closing === null) entry.failure = error.message
      },
    )
  }

  /** Closes the shop and takes all of it out of the cluster. Twice at once is once. */
  stop(session: ClusterSession): Promise<void> {
    const entry = this.#entry(session.id)
    entry.closing ??= (async () => {
      try {
        await entry.process?.close()
        entry.process = null
        entry.failure = null
        await removeShop(session.settings)
      } finally {
        entry.closing = null
        session.forget()
      }
    })()
    return entry.closing
  }

  /** Closes the processes; what they made stays. */
  async close(): Promise<void> {
    await Promise.all([...this.#entries.values()].map(({ process }) => process?.close()))
  }

  #entry(cluster: string): Entry {
    let entry = this.#entries.get(cluster)
    if (entry === undefined) {
      entry = { process: null, closing: null, failure: null }
      this.#entries.set(cluster, entry)
    }
    return entry
  }
}

/** What can be handed to another process. */
function plainOptions({ bootstrap, tls, sasl }: ClusterOptions): ClusterOptions {
  return { bootstrap, clientId: 'odradek-demo', ...(tls && { tls }), ...(sasl && { sasl }) }
}
