/** Rules, and the alerts that came of them. */
import { z } from 'zod'
import { visitorText } from '../access/visitor.ts'
import type { WebhookChange } from '../alerts/alert-desk.ts'
import { ruleFields } from '../alerts/alert-rule.ts'
import type { Context } from '../context.ts'
import { liveView } from '../live-view.ts'
import { clusterProcedure, router } from '../trpc.ts'

const FIRING_REST_MS = 15_000
const ruleId = z.uuid()
const address = z.string().trim().min(1).max(2_000)
const secret = z.string().min(1).max(1_000).nullable().default(null)

export const alerts = router({
  /** Status, rules, alerts. What was sealed is never told. */
  get: clusterProcedure.query(({ ctx, input }) => ctx.console.alerts(input.cluster).view()),

  /** The same whenever it has changed; null: ask for it, and be told why it cannot be had. */
  live: clusterProcedure.subscription(({ ctx, input, signal }) =>
    liveView(ctx.session.sampler, signal, () => ctx.console.alerts(input.cluster).view()),
  ),

  /** How many fire, for the mark beside the place. */
  firing: clusterProcedure.query(({ ctx, input }) => countFiring(ctx, input.cluster)),

  /** The same when it has changed, four times a minute: every open page asks for it. */
  firingLive: clusterProcedure.subscription(({ ctx, input, signal }) =>
    liveView(ctx.session.sampler, signal, () => countFiring(ctx, input.cluster), { restMs: FIRING_REST_MS }),
  ),

  /** Makes the topic that rules are kept in, after a person has agreed. */
  enable: clusterProcedure.mutation(async ({ ctx, input }) => {
    const desk = ctx.console.alerts(input.cluster)
    await desk.enable()
    const { status } = await desk.view()
    ctx.note({ resource: `topic ${status.topic}`, after: status })
    return status
  }),

  /** A new rule, or with an `id` another content of one. `webhook` left out: as it was. */
  save: clusterProcedure
    .input(
      ruleFields.extend({
        id: ruleId.optional(),
        webhook: z.object({ url: address, secret }).nullable().optional(),
      }),
    )
    .mutation(async ({ ctx, input: { cluster, id, webhook, ...fields } }) => {
      const change: WebhookChange = webhook === undefined ? 'keep' : webhook
      const saved = await ctx.console.alerts(cluster).save(id, fields, change, visitorText(ctx.visitor))
      ctx.note({ resource: `alert rule ${fields.name}`, ...saved })
      return saved.after
    }),

  remove: clusterProcedure.input(z.object({ id: ruleId })).mutation(async ({ ctx, input }) => {
    const before = await ctx.console.alerts(input.cluster).remove(input.id)
    ctx.note({ resource: `alert rule ${before.name}`, before })
    return { name: before.name }
  }),

  /** Calls a webhook once: that of a rule, or one that is not kept yet. */
  test: clusterProcedure
    .input(z.union([z.object({ id: ruleId }), z.object({ url: address, secret })]))
    .mutation(async ({ ctx, input }) => {
      const target = 'url' in input ? { url: input.url, secret: input.secret } : { ruleId: input.id }
      const result = await ctx.console.alerts(input.cluster).test(target)
      ctx.note({ resource: 'webhook', after: result })
      return result
    }),
})

async function countFiring({ console }: Context, cluster: string): Promise<{ readonly firing: number }> {
  return { firing: (await console.alerts(cluster).firing()).length }
}
