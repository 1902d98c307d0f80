/** Views of a cluster are followed while somebody can see the page: a tab that was forgotten does not keep the cluster looked at. */
import type { TRPCLink } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { observable } from '@trpc/server/observable'

/** What tells whether the page is seen: the document. */
export interface Seen extends Pick<EventTarget, 'addEventListener' | 'removeEventListener'> {
  readonly visibilityState: string
}

/** Bring a whole view each time, or points of a series that is asked for again on return; others would miss what comes meanwhile. */
const wholeViews = new Set(['alerts.live', 'audit.live', 'brokers.live', 'groups.live', 'overview.live', 'topics.live'])

/** Ends subscriptions to whole views while the page is hidden, and begins them anew once it is seen; others pass as they are. */
export function whileSeen<Router extends AnyTRPCRouter>(page: Seen): TRPCLink<Router> {
  // An id of its own each time: the end of the one before may be told after the next began. Those of tRPC are above 0.
  let again = 0
  return () =>
    ({ op, next }) => {
      if (op.type !== 'subscription' || !(op.path.endsWith('Live') || wholeViews.has(op.path))) return next(op)
      return observable((observer) => {
        let upstream: { unsubscribe(): void } | null = null
        let isLeaving = false
        let id = op.id
        // A link also says of what is left that it is complete.
        const complete = () => {
          if (!isLeaving) observer.complete()
        }
        const follow = () => {
          const isSeen = page.visibilityState !== 'hidden'
          if (isSeen) upstream ??= next({ ...op, id }).subscribe({ ...observer, complete })
          else if (upstream !== null) {
            isLeaving = true
            upstream.unsubscribe()
            isLeaving = false
            upstream = null
            id = --again
          }
        }
        page.addEventListener('visibilitychange', follow)
        follow()
        return () => {
          page.removeEventListener('visibilitychange', follow)
          upstream?.unsubscribe()
        }
      })
    }
}
