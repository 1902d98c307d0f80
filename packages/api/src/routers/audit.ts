/** What was changed, by whom. */
import { z } from 'zod'
import { clusterProcedure, router } from '../trpc.ts'

export const audit = router({
  status: clusterProcedure.query(({ ctx, input }) => ctx.console.audit(input.cluster).status()),
  /** Newest first; `search` looks into who, action, resource and error. */
  list: clusterProcedure
    .input(
      z.object({
        count: z.int().min(1).max(500).default(100),
        before: z.int().min(0).optional(),
        search: z.string().max(200).default(''),
      }),
    )
    .query(async ({ ctx, input }) => {
      const page = await ctx.console.audit(input.cluster).list(input)
      const words = input.search.toLowerCase().split(/\s+/).filter(Boolean)
      if (words.length === 0) return page
      const entries = page.entries.filter(({ who, action, resource, error }) => {
        const text = `${who} ${action} ${resource ?? ''} ${error ?? ''}`.toLowerCase()
        return words.every((word) => text.includes(word))
      })
      return { ...page, entries }
    }),
  /** Makes the topic, after a person has agreed. */
  enable: clusterProcedure.mutation(async ({ ctx, input }) => {
    const status = await ctx.console.audit(input.cluster).enable()
    ctx.note({ resource: `topic ${status.topic}`, after: status })
    return status
  }),
})
