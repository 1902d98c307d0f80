/** Brokers: where they are, what they hold, how they fare, their configs. */
import { alterConfigs, describeConfigs } from '@odradek/client'
import { z } from 'zod'
import { brokerDetail, listBrokers } from '../broker-listing.ts'
import { configForm } from '../config-form.ts'
import { liveView } from '../live-view.ts'
import { clusterProcedure, router } from '../trpc.ts'

const nodeId = z
  .int()
  .min(0)
  .max(2 ** 31 - 1)
/** null: all brokers. */
const scope = nodeId.nullable()

export const brokers = router({
  list: clusterProcedure.query(({ ctx }) => listBrokers(ctx.session)),

  /** The list whenever it has changed; null: ask for it, and be told why it cannot be had. */
  listLive: clusterProcedure.subscription(({ ctx, signal }) =>
    liveView(ctx.session.sampler, signal, () => listBrokers(ctx.session)),
  ),

  /** One broker, with the largest of what is on its disks, and how it fares where it tells. */
  get: clusterProcedure.input(z.object({ nodeId })).query(({ ctx, input }) => brokerDetail(ctx.session, input.nodeId)),

  live: clusterProcedure
    .input(z.object({ nodeId }))
    .subscription(({ ctx, input, signal }) =>
      liveView(ctx.session.sampler, signal, () => brokerDetail(ctx.session, input.nodeId)),
    ),

  /** The configs of one broker; `nodeId` null: those that are set for all. */
  configs: clusterProcedure.input(z.object({ nodeId: scope })).query(({ ctx, input }) => {
    return configForm(ctx.session.cluster, { type: 'broker', name: String(input.nodeId ?? '') })
  }),

  /** A null value takes what was set away. Only keys that can be changed while brokers run. */
  setConfig: clusterProcedure
    .input(
      z.object({
        nodeId: scope,
        name: z.string().min(1).max(300),
        value: z.string().max(10_000).nullable(),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const { name, value } = input
      const resource = { type: 'broker', name: String(input.nodeId ?? '') } as const
      const read = async () => {
        const entry = (await describeConfigs(ctx.session.cluster, resource, [name])).find((one) => one.name === name)
        return entry ? { [name]: entry.value, origin: entry.origin } : null
      }
      const before = await read()
      ctx.note({ resource: input.nodeId === null ? 'all brokers' : `broker ${input.nodeId}`, before })
      await alterConfigs(ctx.session.cluster, resource, [{ name, value }])
      const after = await read()
      ctx.note({ after })
      return { before, after }
    }),
})
