import type { QueryClient, QueryFilters } from '@tanstack/react-query'

/**
 * Has queries ask for themselves, because a subscription said that what they have cannot be had at the moment. A question that is under
 * way is not asked anew: of a cluster that hangs it would begin to wait again, just before it is told why. Only where that brings
 * something, though it began before, there is another.
 */
export async function askAgain(queryClient: QueryClient, filters: QueryFilters): Promise<void> {
  const isUnderWay = queryClient.isFetching(filters) > 0
  await queryClient.invalidateQueries(filters, { cancelRefetch: false })
  const isAnswered = queryClient
    .getQueryCache()
    .findAll(filters)
    .every(({ state }) => state.status === 'success')
  if (isUnderWay && isAnswered) await queryClient.invalidateQueries(filters, { cancelRefetch: false })
}
