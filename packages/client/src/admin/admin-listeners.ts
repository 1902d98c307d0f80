/** The admin listeners of all brokers of a cluster: asked together, where one that is silent does not silence the others. */
import { inTime } from '../bounded.ts'
import type { Cluster } from '../cluster.ts'
import { RefusedError, UnreachableError } from '../cluster-errors.ts'
import type { BrokerNode } from '../cluster-metadata.ts'
import { adminAddress } from './admin-address.ts'
import { type AdminAnswer, askAdmin } from './ask-admin.ts'

/** A broker that does not tell, and why. `nodeId` null: only its address is known. */
export interface SilentBroker {
  readonly nodeId: number | null
  readonly reason: string
}

export interface AdminListeners {
  readonly asked: readonly { readonly nodeId: number | null; readonly url: string }[]
  /** Those whose address could not be learned. */
  readonly silent: readonly SilentBroker[]
}

/** How long a broker may take to say where its listener is, and the listener to answer a question. */
const ADDRESS_MS_MAX = 4_000
const ANSWER_MS_MAX = 8_000

/**
 * Where the brokers' admin listeners are; of one alone where `base` (`host:port`) gives it. Throws RefusedError where none
 * can be asked, with the reason.
 */
export async function findAdminListeners(cluster: Cluster, base?: string): Promise<AdminListeners> {
  const tried = 'find the admin listeners of the brokers'
  if (base === '') {
    const remedy = "Set the cluster's adminAddress, or leave it out."
    throw new RefusedError('The console is told not to ask the admin listener.', tried, remedy)
  }
  if (base !== undefined) return adminListenersAt([base])
  const { brokers } = await cluster.metadata()
  const found = await Promise.all(brokers.map(async (broker) => ({ broker, at: await addressOf(cluster, broker) })))
  const asked = found.flatMap(({ broker, at }) => ('url' in at ? [{ nodeId: broker.nodeId, url: at.url }] : []))
  const silent = found.flatMap(({ broker, at }) => {
    return 'reason' in at ? [{ nodeId: broker.nodeId, reason: at.reason }] : []
  })
  if (asked.length > 0) return { asked, silent }
  const [first] = silent
  const text = first === undefined ? 'No broker is known.' : `Broker ${first.nodeId}: ${first.reason}`
  throw new RefusedError(text, tried, 'Name the address of the listener.')
}

/** Those at the addresses (`host:port`) that somebody gave. */
export function adminListenersAt(addresses: readonly string[]): AdminListeners {
  return { asked: addresses.map((address) => ({ nodeId: null, url: `http://${address}` })), silent: [] }
}

/** Asks all of them. Throws UnreachableError where none answers. */
export async function askListeners<T>(
  listeners: AdminListeners,
  path: string,
  init?: RequestInit,
): Promise<{ readonly answers: readonly AdminAnswer<T>[]; readonly silent: readonly SilentBroker[] }> {
  // An order waits until it is committed; a question must not wait for a broker that hangs.
  const timeoutMs = init === undefined ? ANSWER_MS_MAX : undefined
  const failures: unknown[] = []
  const silent: SilentBroker[] = [...listeners.silent]
  const answers = await Promise.all(
    listeners.asked.map(async ({ nodeId, url }) => {
      try {
        return await askAdmin<T>(`${url}${path}`, init, timeoutMs)
      } catch (error) {
        failures.push(error)
        silent.push({ nodeId, reason: error instanceof UnreachableError ? error.reason : (error as Error).message })
        return []
      }
    }),
  )
  const told = answers.flat()
  if (told.length === 0 && failures.length > 0) throw failures[0]
  return { answers: told, silent }
}

/** Those who did not tell, as a sentence for a person. */
export function silentText(silent: readonly SilentBroker[]): string {
  return silent.map(({ nodeId, reason }) => (nodeId === null ? reason : `broker ${nodeId}: ${reason}`)).join('; ')
}

async function addressOf(cluster: Cluster, broker: BrokerNode) {
  try {
    return await inTime(adminAddress(cluster, broker), ADDRESS_MS_MAX)
  } catch (error) {
    return { reason: error instanceof UnreachableError ? error.reason : (error as Error).message }
  }
}
