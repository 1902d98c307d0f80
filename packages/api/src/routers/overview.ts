/** The first page. */
import { z } from 'zod'
import { overviewOf } from '../overview.ts'
import { clusterProcedure, router } from '../trpc.ts'

export const overview = router({
  get: clusterProcedure.query(({ ctx }) => overviewOf(ctx.session)),
  /** Throughput and lag, sampled on the server since the console watches the cluster. */
  series: clusterProcedure.input(z.object({ sinceMs: z.number().min(0).default(0) })).query(({ ctx, input }) => {
    ctx.session.sampler.watch()
    return ctx.session.sampler.history.since(input.sinceMs)
  }),
})
