/** Brokers: where they are, what they hold, how they fare, their configs. */
import { alterConfigs, brokerVitals, describeConfigs, KafkaError } from '@odradek/client'
import { z } from 'zod'
import { listBrokers } from '../broker-listing.ts'
import { configForm } from '../config-form.ts'
import { clusterProcedure, router } from '../trpc.ts'

const nodeId = z
  .int()
  .min(0)
  .max(2 ** 31 - 1)
/** null: all brokers. */
const scope = nodeId.nullable()

export const brokers = router({
  list: clusterProcedure.query(({ ctx }) => listBrokers(ctx.session)),

  /** One broker, with the largest of what is on its disks, and how it fares where it tells. */
  get: clusterProcedure.input(z.object({ nodeId })).query(async ({ ctx, input }) => {
    const [rows, metadata, sizes] = await Promise.all([
      listBrokers(ctx.session),
      ctx.session.cluster.metadata(),
      ctx.session.sizes.get().catch(() => null),
    ])
    const row = rows.find((broker) => broker.nodeId === input.nodeId)
    const node = metadata.brokers.find((broker) => broker.nodeId === input.nodeId)
    if (!row || !node)
      throw new KafkaError(8, `find broker ${input.nodeId}`, `The cluster has no broker ${input.nodeId}.`)
    const replicas = (sizes?.logs.directories ?? [])
      .filter((directory) => directory.nodeId === input.nodeId)
      .flatMap((directory) => directory.replicas.map((replica) => ({ ...replica, path: directory.path })))
      .sort((a, b) => b.sizeBytes - a.sizeBytes)
    const vitals = await brokerVitals(ctx.session.cluster, node, ctx.session.settings.adminAddress)
    return { ...row, vitals, replicaCount: replicas.length, largest: replicas.slice(0, 100) }
  }),

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
