/** Retries: what waits for another try, and what a person may do about it. */
import {
  type AdminListeners,
  buryDelayed,
  type DelayedOrder,
  deliverDelayed,
  findAdminListeners,
} from '@odradek/client'
import { z } from 'zod'
import type { ClusterSession } from '../cluster-session.ts'
import { liveView } from '../live-view.ts'
import { offsetNumber, partitionNumber, topicName } from '../message-search.ts'
import { listRetries, listRetryTopics, retrySorts } from '../retries/waiting-retries.ts'
import { clusterProcedure, router } from '../trpc.ts'

const RECORDS_MAX = 10_000
const key = z.string().max(10_000).optional()
const records = z
  .array(z.object({ partition: partitionNumber, offset: offsetNumber }))
  .min(1)
  .max(RECORDS_MAX)
const order = z.object({ topic: topicName, records })
const listInput = z.object({
  search: z.string().max(500).default(''),
  sort: z.enum(retrySorts).default('nextDue'),
  descending: z.boolean().default(false),
  page: z.int().min(0).max(1_000_000).default(0),
  pageSize: z.int().min(1).max(200).default(50),
})
const recordsInput = z.object({ topic: topicName, key, limit: z.int().min(1).max(RECORDS_MAX).default(200) })

export const retries = router({
  /** By group: how much waits, and when the next is due. */
  list: clusterProcedure.input(listInput).query(({ ctx, input }) => listRetryTopics(ctx.session, input)),

  /** The same whenever it has changed; null: ask for it, and be told why it cannot be had. */
  listLive: clusterProcedure
    .input(listInput)
    .subscription(({ ctx, input, signal }) =>
      liveView(ctx.session.sampler, signal, () => listRetryTopics(ctx.session, input)),
    ),

  /** Records that wait in a retry topic, the next due first. */
  records: clusterProcedure.input(recordsInput).query(({ ctx, input }) => waiting(ctx.session, input)),

  recordsLive: clusterProcedure
    .input(recordsInput)
    .subscription(({ ctx, input, signal }) => liveView(ctx.session.sampler, signal, () => waiting(ctx.session, input))),

  /** Skips the wait: they are tried now. */
  deliver: clusterProcedure.input(order).mutation(async ({ ctx, input }) => {
    ctx.note({ resource: `topic ${input.topic}` })
    const done = await ordered(ctx.session, deliverDelayed, input)
    ctx.note({ after: done })
    return done
  }),

  /** Gives them up: they become dead letters of their group now. */
  bury: clusterProcedure.input(order).mutation(async ({ ctx, input }) => {
    ctx.note({ resource: `topic ${input.topic}` })
    const done = await ordered(ctx.session, buryDelayed, input)
    ctx.console.deadLetters(input.cluster).changesSoon()
    ctx.note({ after: done })
    return done
  }),
})

function waiting(session: ClusterSession, { topic, key: wanted, limit }: z.output<typeof recordsInput>) {
  return listRetries(session, { topic, limit, ...(wanted !== undefined && { key: wanted }) })
}

async function ordered(
  session: ClusterSession,
  act: (listeners: AdminListeners, selection: z.infer<typeof order>) => Promise<DelayedOrder>,
  { topic, records: chosen }: z.infer<typeof order>,
): Promise<DelayedOrder> {
  return act(await findAdminListeners(session.cluster, session.settings.adminAddress), { topic, records: chosen })
}
