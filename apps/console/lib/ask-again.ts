import type { QueryClient, QueryFilters } from '@tanstack/react-query'

/**
 * Has queries ask for themselves, because a subscription said that what they have cannot be had at the moment. One that has told so
 * already asks by itself; one that is under way is not asked anew: of a cluster that hangs it would begin to wait again, just before it
 * is told why. Only where that brings something, though it began before, there is another.
 */
export async function askAgain(queryClient: QueryClient, filters: QueryFilters): Promise<void> {
  const isUnderWay = queryClient.isFetching(filters) > 0
  const isTold = () =>
    queryClient
      .getQueryCache()
      .findAll(filters)
      .every(({ state }) => state.status === 'error')
  if (!isUnderWay && isTold()) return
  await queryClient.invalidateQueries(filters, { cancelRefetch: false })
  if (isUnderWay && !isTold()) await queryClient.invalidateQueries(filters, { cancelRefetch: false })
}
