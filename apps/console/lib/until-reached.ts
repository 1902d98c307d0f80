import { apiError } from './api-error.ts'

export const RETRY_MS = 5_000

/** Failures of the way to the cluster: nothing that was asked for is wrong. */
const PASSING = new Set(['SERVICE_UNAVAILABLE', 'TIMEOUT', 'GATEWAY_TIMEOUT', 'NETWORK'])

/** Whether it is the cluster that was not reached: it may be, a moment later. */
export function isPassing(error: unknown): boolean {
  return PASSING.has(apiError(error).code)
}

/**
 * How often queries ask by themselves that have no rhythm of their own: not at all, but of a cluster that was away until it is back, so that
 * a page which is open recovers without a hand on it.
 */
export function untilReached({ state }: { readonly state: { readonly status: string; readonly error: unknown } }) {
  return state.status === 'error' && isPassing(state.error) ? RETRY_MS : false
}
