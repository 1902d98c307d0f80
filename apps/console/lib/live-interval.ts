/** How a live query asks by itself: not at all while a subscription brings what is new, else as often as `ms`. */
export function liveInterval(subscription: { readonly status: string }, ms: number) {
  return ({ state }: { readonly state: { readonly status: string } }): number | false =>
    subscription.status === 'pending' && state.status !== 'error' ? false : ms
}
