/** Disks, what cleanup did and will do, what is not flushed, compaction. Of Odradek's brokers alone. */
import { z } from 'zod'
import { liveView } from '../live-view.ts'
import { type Horizon, horizons, storageSorts } from '../storage/storage-plans.ts'
import { clusterProcedure, router } from '../trpc.ts'

const horizon = z.literal(horizons).default(24 satisfies Horizon)
const overviewInput = z.object({ horizon })
const topicInput = z.object({ horizon, topic: z.string().min(1).max(1000) })
const topicsInput = z.object({
  horizon,
  search: z.string().max(500).default(''),
  sort: z.enum(storageSorts).default('topic'),
  descending: z.boolean().default(false),
  page: z.int().min(0).max(1_000_000).default(0),
  pageSize: z.int().min(1).max(200).default(50),
})

export const storage = router({
  /** By broker; `problem` says why nothing is told. */
  get: clusterProcedure
    .input(overviewInput)
    .query(({ ctx, input }) => ctx.console.storage(input.cluster).overview(input.horizon)),

  /** The same whenever it has changed; null: ask for it, and be told why it cannot be had. */
  getLive: clusterProcedure
    .input(overviewInput)
    .subscription(({ ctx, input, signal }) =>
      liveView(ctx.session.sampler, signal, () => ctx.console.storage(input.cluster).overview(input.horizon)),
    ),

  /** By topic: what goes next and why, or why nothing does. */
  topics: clusterProcedure
    .input(topicsInput)
    .query(({ ctx, input }) => ctx.console.storage(input.cluster).topics(input)),

  topicsLive: clusterProcedure
    .input(topicsInput)
    .subscription(({ ctx, input, signal }) =>
      liveView(ctx.session.sampler, signal, () => ctx.console.storage(input.cluster).topics(input)),
    ),

  /** One topic in full; null: no broker tells of it. */
  topic: clusterProcedure
    .input(topicInput)
    .query(({ ctx, input }) => ctx.console.storage(input.cluster).topic(input.horizon, input.topic)),

  /** Its forecast in `topic`, which may be null, whenever that has changed; null: ask for it. */
  topicLive: clusterProcedure.input(topicInput).subscription(({ ctx, input, signal }) =>
    liveView(ctx.session.sampler, signal, async () => ({
      topic: await ctx.console.storage(input.cluster).topic(input.horizon, input.topic),
    })),
  ),
})
