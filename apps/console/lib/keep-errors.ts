import type { QueryClient } from '@tanstack/react-query'

/**
 * A query that failed and has nothing to show keeps its error while it asks again: else the page would go back to skeletons for as long as
 * a cluster that hangs is waited for, and tell why for a moment now and then.
 */
export function keepErrors(queryClient: QueryClient): void {
  const errors = new Map<string, Error>()
  queryClient.getQueryCache().subscribe((event) => {
    const { queryHash, state } = event.query
    if (event.type === 'removed') errors.delete(queryHash)
    if (event.type !== 'updated') return
    if (state.data !== undefined) errors.delete(queryHash)
    else if (event.action.type === 'error' && state.error !== null) errors.set(queryHash, state.error)
    else if (event.action.type === 'fetch') {
      const error = errors.get(queryHash)
      if (error !== undefined) event.query.setState({ status: 'error', error })
    }
  })
}
