/** Jobs: dead letters sent again by the hundred or the hundred thousand, watched, stopped, and taken up again. */
import { resendResults } from '@odradek/client'
import { tracked } from '@trpc/server'
import { z } from 'zod'
import { isPermitted, visitorText } from '../access/visitor.ts'
import { assertMayCopy } from '../dead-letters/assert-may-copy.ts'
import { resendInput, resendRequest } from '../dead-letters/letter-search.ts'
import { resendCommand } from '../dead-letters/resend-command.ts'
import { refuse } from '../failure.ts'
import { clusterProcedure, router } from '../trpc.ts'

const jobId = z.string().min(1).max(200)
const outcomes = ['sent', 'failed', 'skipped', 'waiting'] as const
/** Above so many the count is typed. */
export const RESENT_UNCONFIRMED_MAX = 100
const LIVE_MS = 400
const ENDED: ReadonlySet<string> = new Set(['done', 'cancelled'])

export const jobs = router({
  /** All, the newest first; of one topic, if one is given. */
  list: clusterProcedure
    .input(
      z.object({
        topic: z.string().max(1000).optional(),
        page: z.int().min(0).max(1_000_000).default(0),
        pageSize: z.int().min(1).max(200).default(50),
      }),
    )
    .query(async ({ ctx, input: { cluster, topic, page, pageSize } }) => {
      const all = await ctx.console.deadLetters(cluster).jobs()
      const matching = topic === undefined ? all : all.filter((job) => job.topic === topic)
      return { rows: matching.slice(page * pageSize, (page + 1) * pageSize), total: matching.length }
    }),

  get: clusterProcedure
    .input(z.object({ job: jobId }))
    .query(({ ctx, input }) => ctx.console.deadLetters(input.cluster).job(input.job)),

  /** How a job stands, whenever that has changed, up to its end. */
  live: clusterProcedure
    .input(z.object({ job: jobId, lastEventId: z.string().max(40).nullish() }))
    .subscription(async function* ({ ctx, input, signal }) {
      const desk = ctx.console.deadLetters(input.cluster)
      let told = ''
      while (signal?.aborted !== true) {
        const job = await desk.job(input.job)
        const text = JSON.stringify(job)
        if (text !== told) yield tracked(String(Date.now()), job)
        told = text
        if (ENDED.has(job.state)) return
        await new Promise((resolve) => setTimeout(resolve, LIVE_MS))
      }
    }),

  /** What became of each letter. */
  results: clusterProcedure
    .input(
      z.object({
        job: jobId,
        outcomes: z.array(z.enum(outcomes)).max(4).optional(),
        /** Where an earlier page ended. */
        cursor: z.int().min(0).nullish(),
        limit: z.int().min(1).max(1000).default(200),
      }),
    )
    .query(({ ctx, input: { job, outcomes: wanted, cursor, limit } }) =>
      resendResults(ctx.session.cluster, job, {
        from: cursor ?? 0,
        limit,
        ...(wanted?.length && { outcomes: wanted }),
      }),
    ),

  /** What a job would do: how many it would send where, and why not the others. Nothing is written. */
  check: clusterProcedure.input(resendInput).query(async ({ ctx, input: { cluster, ...input } }) => {
    const request = resendRequest(input, visitorText(ctx.visitor))
    const plan = await ctx.console.deadLetters(cluster).plan(request)
    const command = resendCommand(ctx.session.settings.bootstrap, request)
    return { ...plan, mustConfirm: plan.toSend > RESENT_UNCONFIRMED_MAX, command }
  }),

  /** Makes a job and begins with it. The same id again is the same job. `confirm`: how many it sends, where that is many. */
  create: clusterProcedure
    .input(resendInput.extend({ id: z.uuid(), confirm: z.int().min(0).optional() }))
    .mutation(async ({ ctx, input: { cluster, id, confirm, ...input } }) => {
      const desk = ctx.console.deadLetters(cluster)
      const mayCopy = isPermitted(ctx.visitor, 'payloads', cluster)
      const request = resendRequest(input, visitorText(ctx.visitor), { id, mayCopy })
      ctx.note({ resource: `topic ${input.topic}` })
      const { toSend, sources } = await desk.plan(request)
      assertMayCopy(ctx, cluster, sources)
      if (toSend > RESENT_UNCONFIRMED_MAX && confirm !== toSend) {
        throw refuse('BAD_REQUEST', `It would send ${toSend} letters, and ${confirm ?? 'nothing'} was typed.`, {
          tried: 'send dead letters again',
          remedy: `Type ${toSend}, or check again.`,
        })
      }
      const job = await desk.create(request)
      ctx.note({ after: { job: job.id, matched: job.matched } })
      return job
    }),

  pause: clusterProcedure.input(z.object({ job: jobId })).mutation(({ ctx, input }) => {
    ctx.note({ resource: `job ${input.job}` })
    return ctx.console.deadLetters(input.cluster).control(input.job, 'pause', visitorText(ctx.visitor))
  }),

  resume: clusterProcedure.input(z.object({ job: jobId })).mutation(({ ctx, input }) => {
    ctx.note({ resource: `job ${input.job}` })
    return ctx.console.deadLetters(input.cluster).control(input.job, 'resume', visitorText(ctx.visitor))
  }),

  /** Ends it: what was sent stays sent, the rest is skipped. */
  cancel: clusterProcedure.input(z.object({ job: jobId })).mutation(({ ctx, input }) => {
    ctx.note({ resource: `job ${input.job}` })
    return ctx.console.deadLetters(input.cluster).control(input.job, 'cancel', visitorText(ctx.visitor))
  }),
})
