/** What was changed and changed back is not told: a page that was told nothing for so long asks. */
export const UNTOLD_MS = 60_000

/**
 * How a live query asks by itself: as often as `ms`; while a subscription brings what is new, only when nothing came for a minute, for
 * the query may have had something newer in between than what the subscription brought last.
 */
export function liveInterval(subscription: { readonly status: string }, ms: number) {
  return ({ state }: { readonly state: { readonly status: string } }): number =>
    subscription.status === 'pending' && state.status !== 'error' ? Math.max(ms, UNTOLD_MS) : ms
}
