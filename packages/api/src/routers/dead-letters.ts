/** Dead letters: whose they are, why, and what a person does about them. */
import {
  deadLetterGrowth,
  type LetterFacets,
  type LetterRow,
  MessageSource,
  PAYLOAD_BYTES,
  PAYLOAD_BYTES_MAX,
  planPurge,
  purgeLetters,
  resolveLetters,
  unresolveLetters,
} from '@odradek/client'
import { z } from 'zod'
import { isPermitted, visitorText } from '../access/visitor.ts'
import type { Context } from '../context.ts'
import { assertMayCopy } from '../dead-letters/assert-may-copy.ts'
import { deadLetterSorts, listDeadLetterRows, rowOf, totalsOf } from '../dead-letters/dead-letter-listing.ts'
import { letterDetail } from '../dead-letters/letter-detail.ts'
import {
  editInput,
  letterPlaces,
  letterScanInput,
  letterScanRequest,
  resendRequest,
  targetInput,
} from '../dead-letters/letter-search.ts'
import { resendChoices } from '../dead-letters/resend-targets.ts'
import { refuse } from '../failure.ts'
import { liveView } from '../live-view.ts'
import { decodersInput, offsetNumber, partitionNumber, topicName } from '../message-search.ts'
import { PlanStore } from '../plan-store.ts'
import { resumableScan, withFailures } from '../resumable-scan.ts'
import { clusterProcedure, router } from '../trpc.ts'

const lastEventId = z.string().max(400_000).nullish()
const one = z.object({ topic: topicName, partition: partitionNumber, offset: offsetNumber })
const marked = z.object({ topic: topicName, places: letterPlaces, note: z.string().max(1000).optional() })
const listInput = z.object({
  search: z.string().max(500).default(''),
  sort: z.enum(deadLetterSorts).default('newest'),
  descending: z.boolean().default(true),
  page: z.int().min(0).max(1_000_000).default(0),
  pageSize: z.int().min(1).max(200).default(50),
  empty: z.boolean().default(false),
})
const TOTALS_REST_MS = 15_000
const GROWTH_MS = 24 * 3_600_000
const GROWTH_POINTS = 24

type PurgePlanned = Awaited<ReturnType<typeof planPurge>>
type Purged = Awaited<ReturnType<typeof purgeLetters>>
const purges = new PlanStore<PurgePlanned, Purged>()

export const deadLetters = router({
  /** By group or topic: how many, how fast, since when, mostly why. */
  list: clusterProcedure.input(listInput).query(({ ctx, input }) => listOf(ctx, input)),

  /** The same whenever it has changed; null: ask for it, and be told why it cannot be had. */
  listLive: clusterProcedure
    .input(listInput)
    .subscription(({ ctx, input, signal }) => liveView(ctx.session.sampler, signal, () => listOf(ctx, input))),

  /** How many there are, for the mark beside the place. */
  totals: clusterProcedure.query(({ ctx, input }) => countAll(ctx, input.cluster)),

  /** The same when it has changed, four times a minute; where some were taken away, or something was done here, at the
   * next look: every open page asks for it. */
  totalsLive: clusterProcedure.subscription(({ ctx, input, signal }) =>
    liveView(ctx.session.sampler, signal, () => countAll(ctx, input.cluster), {
      restMs: TOTALS_REST_MS,
      changes: () => ctx.console.deadLetters(input.cluster).changes(),
    }),
  ),

  /** Letters that came in each of the last 24 hours, by topic. */
  series: clusterProcedure
    .input(z.object({ topics: z.array(topicName).min(1).max(200) }))
    .query(async ({ ctx, input }) => {
      const wanted = new Set(input.topics)
      const places = await ctx.console.deadLetters(input.cluster).places()
      const chosen = places.flatMap(({ topic }) => (wanted.has(topic) ? [topic] : []))
      const options = { sinceMs: Date.now() - GROWTH_MS, points: GROWTH_POINTS }
      return Object.fromEntries(await deadLetterGrowth(ctx.session.cluster, chosen, options))
    }),

  /** One topic of dead letters. */
  get: clusterProcedure.input(z.object({ topic: topicName })).query(async ({ ctx, input }) => {
    const place = await ctx.console.deadLetters(input.cluster).place(input.topic)
    const { retryTopic, partitions } = place
    return { ...rowOf(place, isPermitted(ctx.visitor, 'payloads', input.cluster)), retryTopic, partitions }
  }),

  /** Letters that match, as they are found, and how far the search is; taken up again where it was. */
  scan: clusterProcedure.input(letterScanInput.extend({ lastEventId })).subscription(({ ctx, input, signal }) =>
    resumableScan<LetterRow, typeof input>(
      input,
      (search) => {
        const job = { kind: 'letters', request: letterScanRequest(search) } as const
        return ctx.console.scans.run(ctx.session.settings, job, signal)
      },
      (event) => (event.kind === 'letters' ? event.rows : null),
    ),
  ),

  /** Counts by error, origin, attempts, state and time, of all that match, as they are read. */
  facets: clusterProcedure.input(letterScanInput.omit({ resume: true, limit: true })).subscription(async function* ({
    ctx,
    input,
    signal,
  }) {
    const job = { kind: 'facets', request: letterScanRequest({ ...input, limit: 1 }) } as const
    for await (const event of withFailures(ctx.console.scans.run(ctx.session.settings, job, signal))) {
      if (event.kind === 'facets') yield event.facets satisfies LetterFacets
    }
  }),

  /** One letter in full: attempts, what was done about it, the record it was made from. */
  letter: clusterProcedure
    .input(
      one.extend({
        decoders: decodersInput,
        bytesMax: z.int().min(1).max(PAYLOAD_BYTES_MAX).default(PAYLOAD_BYTES),
      }),
    )
    .query(({ ctx, input: { cluster: _, ...query } }) => letterDetail(ctx.console, ctx.session, query)),

  /** Where one letter can go, and who else reads there. */
  targets: clusterProcedure.input(one).query(({ ctx, input: { cluster, topic, partition, offset } }) => {
    const desk = ctx.console.deadLetters(cluster)
    const select = { kind: 'places', places: [{ partition, offset }] } as const
    const by = visitorText(ctx.visitor)
    return resendChoices(ctx.session, (target) => desk.plan({ topic, select, target, again: true, by }))
  }),

  /** Sends one letter again, and waits for it. The same id again sends nothing. */
  resend: clusterProcedure
    .input(one.extend({ id: z.uuid(), target: targetInput.default({ kind: 'retry' }) }))
    .mutation(async ({ ctx, input: { cluster, topic, partition, offset, target, id } }) => {
      ctx.note({ resource: `topic ${topic}` })
      const select = { kind: 'places', places: [{ partition, offset }] } as const
      const desk = ctx.console.deadLetters(cluster)
      const mayCopy = isPermitted(ctx.visitor, 'payloads', cluster)
      const request = { id, topic, select, target, again: true, mayCopy, by: visitorText(ctx.visitor) }
      if (!mayCopy) assertMayCopy(ctx, cluster, (await desk.plan(request)).sources)
      const job = await oneByOne(desk, request)
      ctx.note({ after: { job: job.id, sent: job.sent, failed: job.failed, skipped: job.skipped } })
      return job
    }),

  /** The same with other words. */
  editAndResend: clusterProcedure
    .input(one.extend({ id: z.uuid(), target: targetInput.default({ kind: 'retry' }), edit: editInput }))
    .mutation(async ({ ctx, input: { cluster, topic, partition, offset, target, id, edit } }) => {
      ctx.note({ resource: `topic ${topic}` })
      const input = { topic, select: { kind: 'places', places: [{ partition, offset }] }, target, again: true } as const
      const { key, value, headers } = edit
      const changes = { ...(key && { key }), ...(value && { value }), ...(headers && { headers }) }
      const request = resendRequest(
        { ...input, select: { kind: 'places', places: [{ partition, offset }] } },
        visitorText(ctx.visitor),
        { id, edit: changes, mayCopy: isPermitted(ctx.visitor, 'payloads', cluster) },
      )
      const job = await oneByOne(ctx.console.deadLetters(cluster), request)
      ctx.note({ after: { job: job.id, edited: Object.keys(changes), sent: job.sent, failed: job.failed } })
      return job
    }),

  /** Says of letters that they are dealt with. They stay where they are. */
  resolve: clusterProcedure.input(marked).mutation(async ({ ctx, input: { topic, places, note } }) => {
    const by = visitorText(ctx.visitor)
    ctx.note({ resource: `topic ${topic}` })
    const done = await resolveLetters(ctx.session.cluster, topic, places, { by, ...(note !== undefined && { note }) })
    ctx.note({ after: done })
    return done
  }),

  /** Takes that back. */
  unresolve: clusterProcedure.input(marked.omit({ note: true })).mutation(async ({ ctx, input: { topic, places } }) => {
    ctx.note({ resource: `topic ${topic}` })
    const done = await unresolveLetters(ctx.session.cluster, topic, places, { by: visitorText(ctx.visitor) })
    ctx.note({ after: done })
    return done
  }),

  /** What a purge would take. Nothing goes; `planId` is what `purge` takes. */
  purgePlan: clusterProcedure
    .input(
      z.object({
        topic: topicName,
        what: z.discriminatedUnion('kind', [
          z.object({ kind: z.literal('all') }),
          z.object({ kind: z.literal('time'), timestampMs: z.int().min(0).max(8_640_000_000_000_000) }),
          z.object({ kind: z.literal('resolved') }),
        ]),
      }),
    )
    .query(async ({ ctx, input: { cluster, topic, what } }) => {
      await using source = new MessageSource(ctx.session.settings, ctx.session.cluster)
      const plan = await planPurge(source, topic, what)
      return { ...plan, planId: purges.add(cluster, plan, plan.rows.length) }
    }),

  /** Does it, once. `confirm`: the name of the topic. */
  purge: clusterProcedure
    .input(z.object({ planId: z.uuid(), confirm: z.string().max(1000) }))
    .mutation(async ({ ctx, input: { cluster, planId, confirm } }) => {
      const tried = 'purge dead letters'
      const plan = purges.get(cluster, planId, tried)
      if (confirm !== plan.topic) {
        throw refuse('BAD_REQUEST', 'What was typed is not the name of the topic.', {
          tried,
          remedy: `Type ${plan.topic}.`,
        })
      }
      const { isFirst, done } = purges.once(cluster, planId, tried, (planned) =>
        purgeLetters(ctx.session.cluster, planned),
      )
      ctx.note({ resource: `topic ${plan.topic}`, before: plan.rows, changesNothing: !isFirst })
      const results = await done
      ctx.console.deadLetters(cluster).forget()
      ctx.note({ after: results })
      return { topic: plan.topic, results }
    }),
})

function listOf({ console, token }: Context, input: z.output<typeof listInput> & { readonly cluster: string }) {
  // Looked up each time: a subscription may outlive the permission.
  const visitor = console.access.visitor(token)
  return listDeadLetterRows(console.deadLetters(input.cluster), input, isPermitted(visitor, 'payloads', input.cluster))
}

async function countAll({ console }: Context, cluster: string) {
  return totalsOf(await console.deadLetters(cluster).places())
}

async function oneByOne(
  desk: ReturnType<Parameters<typeof letterDetail>[0]['deadLetters']>,
  request: Parameters<typeof desk.create>[0],
) {
  const { id } = await desk.create(request)
  return desk.settled(id)
}
