/** Brokers. */
import { listBrokers } from '../broker-listing.ts'
import { clusterProcedure, router } from '../trpc.ts'

export const brokers = router({
  list: clusterProcedure.query(({ ctx }) => listBrokers(ctx.session)),
})
