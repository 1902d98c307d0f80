/** What brokers of Odradek tell of their cluster beyond the Kafka protocol: epochs, who stops, whether the metadata can be changed. */
import { type AdminListeners, askListeners, type SilentBroker } from '../admin/admin-listeners.ts'

export interface BrokerStanding {
  readonly nodeId: number
  /** Higher with every start. */
  readonly epoch: number
  /** It said that it stops: others lead what it led. */
  readonly isStopping: boolean
}

export interface ClusterStanding {
  /** Rises with every controller. */
  readonly controllerEpoch: number
  readonly brokers: readonly BrokerStanding[]
  /** Why a broker cannot change the metadata now; none while the store answers. */
  readonly storeProblems: readonly string[]
  readonly silent: readonly SilentBroker[]
}

/** A part of the answer of `GET /v1/cluster`. */
interface Told {
  readonly controllerEpoch: number
  readonly revision: number
  readonly storeProblem: string | null
  readonly brokers: readonly { readonly id: number; readonly epoch: number; readonly isStopping: boolean }[]
}

/** Asks all brokers; the one that knows most is believed. null where none serves it. */
export async function clusterStanding(listeners: AdminListeners): Promise<ClusterStanding | null> {
  const { answers, silent } = await askListeners<Told>(listeners, '/v1/cluster')
  const told = answers.flatMap(({ status, body }) => (status === 200 ? [body] : []))
  const newest = told.reduce<Told | null>(
    (best, one) => (best === null || one.revision > best.revision ? one : best),
    null,
  )
  if (newest === null) return null
  return {
    controllerEpoch: newest.controllerEpoch,
    brokers: newest.brokers.map(({ id, epoch, isStopping }) => ({ nodeId: id, epoch, isStopping })),
    storeProblems: [...new Set(told.flatMap(({ storeProblem }) => storeProblem ?? []))],
    silent,
  }
}
