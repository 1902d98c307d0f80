/** What was changed, by whom. */
import { z } from 'zod'
import type { AuditEntry } from '../audit/audit-entry.ts'
import type { AuditTrail } from '../audit/audit-trail.ts'
import { liveView } from '../live-view.ts'
import { clusterProcedure, router } from '../trpc.ts'

const listInput = z.object({
  count: z.int().min(1).max(500).default(100),
  before: z.int().min(0).optional(),
  search: z.string().max(200).default(''),
})

/** Entries that one search looks into before it lets a person say whether to go on. */
const SEARCHED_MAX = 5000

export const audit = router({
  status: clusterProcedure.query(({ ctx, input }) => ctx.console.audit(input.cluster).status()),
  /** Newest first; `search` looks into who, action, resource and error, as far back as `searched` says. */
  list: clusterProcedure.input(listInput).query(({ ctx, input }) => listed(ctx.console.audit(input.cluster), input)),

  /** A page of the list whenever it has changed; null: ask for it, and be told why. It is read again only where there is more to read. */
  live: clusterProcedure.input(listInput).subscription(({ ctx, input, signal }) => {
    const trail = ctx.console.audit(input.cluster)
    let seen: { readonly mark: string; readonly page: Awaited<ReturnType<typeof listed>> } | null = null
    return liveView(ctx.session.sampler, signal, async () => {
      const mark = await trail.mark()
      if (seen?.mark !== mark) seen = { mark, page: await listed(trail, input) }
      return seen.page
    })
  }),

  /** Makes the topic, after a person has agreed. */
  enable: clusterProcedure.mutation(async ({ ctx, input }) => {
    const status = await ctx.console.audit(input.cluster).enable()
    ctx.note({ resource: `topic ${status.topic}`, after: status })
    return status
  }),
})

/** A page of what matches: goes back through the trail until there is one, or it has looked into `SEARCHED_MAX`. */
async function listed(trail: AuditTrail, { count, before, search }: z.output<typeof listInput>) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return { ...(await trail.list({ count, before })), searched: null }
  const matches = ({ who, action, resource, error }: AuditEntry) => {
    const text = `${who} ${action} ${resource ?? ''} ${error ?? ''}`.toLowerCase()
    return words.every((word) => text.includes(word))
  }
  const found: AuditEntry[] = []
  let searched = 0
  for (let from = before; ; ) {
    const page = await trail.list({ count: 500, before: from })
    found.push(...page.entries.filter(matches))
    searched += page.entries.length
    if (page.before === null || found.length >= count || searched >= SEARCHED_MAX) {
      return { ...page, entries: found, searched }
    }
    from = page.before
  }
}
