/** Groups: the list, one in full, and moving them. */
import { z } from 'zod'
import { groupDetail } from '../group-detail.ts'
import { groupSorts, listGroupRows } from '../group-listing.ts'
import { clusterProcedure, router } from '../trpc.ts'

const groupId = z.string().max(1000)
const one = z.object({ group: groupId })

export const groups = router({
  list: clusterProcedure
    .input(
      z.object({
        search: z.string().max(500).default(''),
        sort: z.enum(groupSorts).default('id'),
        descending: z.boolean().default(false),
        page: z.int().min(0).max(1_000_000).default(0),
        pageSize: z.int().min(1).max(200).default(50),
        states: z.array(z.string().max(50)).max(20).default([]),
        onlyWithLag: z.boolean().default(false),
        topic: z.string().max(1000).optional(),
      }),
    )
    .query(({ ctx, input }) => listGroupRows(ctx.session, input)),
  get: clusterProcedure.input(one).query(({ ctx, input }) => groupDetail(ctx.session, input.group)),
})
