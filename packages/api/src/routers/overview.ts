/** The first page. */
import { tracked } from '@trpc/server'
import { z } from 'zod'
import { liveView } from '../live-view.ts'
import { overviewOf } from '../overview.ts'
import type { ClusterFigure } from '../sampling/cluster-sampler.ts'
import { clusterProcedure, router } from '../trpc.ts'

export const overview = router({
  get: clusterProcedure.query(({ ctx, input }) =>
    overviewOf(ctx.session, ctx.console.audit(input.cluster), ctx.console.alerts(input.cluster)),
  ),

  /** The same whenever it has changed; null: ask for it, and be told why it cannot be had. */
  getLive: clusterProcedure.subscription(({ ctx, input, signal }) =>
    liveView(ctx.session.sampler, signal, () =>
      overviewOf(ctx.session, ctx.console.audit(input.cluster), ctx.console.alerts(input.cluster)),
    ),
  ),

  /** Throughput and lag, sampled on the server since the console watches the cluster. */
  series: clusterProcedure.input(z.object({ sinceMs: z.number().min(0).default(0) })).query(({ ctx, input }) => {
    ctx.session.sampler.watch()
    return ctx.session.sampler.history.since(input.sinceMs)
  }),

  /** The same as it is sampled. A client that comes back (`lastEventId`) is first told what it missed. */
  live: clusterProcedure.input(z.object({ lastEventId: z.string().max(40).nullish() })).subscription(async function* ({
    ctx,
    input,
    signal,
  }) {
    const { history } = ctx.session.sampler
    const sinceMs = input.lastEventId == null ? Number.NaN : Number(input.lastEventId) + 1
    const missed = history.since(Number.isNaN(sinceMs) ? Number.POSITIVE_INFINITY : sinceMs)
    for (const [index, atMs] of missed.atMs.entries()) {
      const values = Object.fromEntries(history.names.map((name) => [name, missed.values[name][index] ?? null]))
      yield tracked(String(atMs), { atMs, values: values as Record<ClusterFigure, number | null> })
    }
    for await (const { atMs } of ctx.session.sampler.samples(signal)) {
      const point = history.newest
      if (point) yield tracked(String(atMs), point)
    }
  }),
})
