/** Disks, what cleanup did and will do, what is not flushed, compaction. Of Odradek's brokers alone. */
import { z } from 'zod'
import { type Horizon, horizons, storageSorts } from '../storage/storage-plans.ts'
import { clusterProcedure, router } from '../trpc.ts'

const horizon = z.literal(horizons).default(24 satisfies Horizon)

export const storage = router({
  /** By broker; `problem` says why nothing is told. */
  get: clusterProcedure
    .input(z.object({ horizon }))
    .query(({ ctx, input }) => ctx.console.storage(input.cluster).overview(input.horizon)),

  /** By topic: what goes next and why, or why nothing does. */
  topics: clusterProcedure
    .input(
      z.object({
        horizon,
        search: z.string().max(500).default(''),
        sort: z.enum(storageSorts).default('topic'),
        descending: z.boolean().default(false),
        page: z.int().min(0).max(1_000_000).default(0),
        pageSize: z.int().min(1).max(200).default(50),
      }),
    )
    .query(({ ctx, input }) => ctx.console.storage(input.cluster).topics(input)),

  /** One topic in full; null: no broker tells of it. */
  topic: clusterProcedure
    .input(z.object({ horizon, topic: z.string().min(1).max(1000) }))
    .query(({ ctx, input }) => ctx.console.storage(input.cluster).topic(input.horizon, input.topic)),
})
