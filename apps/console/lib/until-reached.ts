import { apiError } from './api-error.ts'

const RETRY_MS = 5_000

/** Failures of the way to the cluster: nothing that was asked for is wrong. */
const PASSING = new Set(['SERVICE_UNAVAILABLE', 'TIMEOUT', 'GATEWAY_TIMEOUT', 'NETWORK'])

/**
 * How often a query asks by itself that has no rhythm of its own: not at all, but of a cluster that was away until it is back, so that
 * a page which is open recovers without a hand on it.
 */
export function untilReached({ state }: { readonly state: { readonly status: string; readonly error: unknown } }) {
  return state.status === 'error' && PASSING.has(apiError(state.error).code) ? RETRY_MS : false
}
