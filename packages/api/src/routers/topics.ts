/** Topics: the list, one in full, and what may be done to them. */
import { z } from 'zod'
import { topicDetail, topicPartitions } from '../topic-detail.ts'
import { listTopics, topicSorts } from '../topic-listing.ts'
import { clusterProcedure, router } from '../trpc.ts'

const topicName = z.string().min(1).max(1000)
const one = z.object({ topic: topicName })

export const topics = router({
  list: clusterProcedure
    .input(
      z.object({
        search: z.string().max(500).default(''),
        sort: z.enum(topicSorts).default('name'),
        descending: z.boolean().default(false),
        page: z.int().min(0).max(1_000_000).default(0),
        pageSize: z.int().min(1).max(200).default(50),
        internal: z.boolean().default(false),
        only: z.enum(['all', 'unhealthy']).default('all'),
      }),
    )
    .query(({ ctx, input }) => listTopics(ctx.session, input)),
  get: clusterProcedure.input(one).query(({ ctx, input }) => topicDetail(ctx.session, input.topic)),
  partitions: clusterProcedure.input(one).query(({ ctx, input }) => topicPartitions(ctx.session, input.topic)),
})
