/** The sample shop: opened into a cluster to look at, and taken out again. */
import { clusterProcedure, router } from '../trpc.ts'

export const demo = router({
  status: clusterProcedure.query(({ ctx }) => ctx.console.shops.status(ctx.session)),
  start: clusterProcedure.mutation(({ ctx }) => {
    ctx.console.shops.start(ctx.session)
    ctx.note({ resource: 'sample shop' })
    return ctx.console.shops.status(ctx.session)
  }),
  /** Resolves when all of it is gone. */
  stop: clusterProcedure.mutation(async ({ ctx }) => {
    await ctx.console.shops.stop(ctx.session)
    ctx.note({ resource: 'sample shop' })
    return ctx.console.shops.status(ctx.session)
  }),
})
