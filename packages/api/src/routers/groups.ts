/** Groups: the list, one in full, and moving them. */
import { deleteGroup, deleteOffsets, fenceMembers, groupNow, type ResetTarget, targetText } from '@odradek/client'
import { tracked } from '@trpc/server'
import { z } from 'zod'
import { visitorText } from '../access/visitor.ts'
import type { ClusterSession } from '../cluster-session.ts'
import { refuse } from '../failure.ts'
import { groupDetail } from '../group-detail.ts'
import { groupQuery, lagTrendOf, listGroupRows } from '../group-listing.ts'
import { diagnose } from '../groups/diagnosis.ts'
import { beats, liveView } from '../live-view.ts'
import { odradekCommand } from '../shell-word.ts'
import { clusterProcedure, router } from '../trpc.ts'

const groupId = z.string().max(1000)
const topicName = z.string().min(1).max(1000)
const partition = z.int().min(0).max(1_000_000)
const offset = z.int().min(0)
const confirm = z.string().max(1000).optional()
const one = z.object({ group: groupId })

/** The last instant that a Date can hold. */
const TIME_MAX_MS = 8.64e15

const resetTarget = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('earliest') }),
  z.object({ kind: z.literal('latest') }),
  z.object({ kind: z.literal('time'), timestampMs: z.int().min(0).max(TIME_MAX_MS) }),
  /** So long ago, from the moment of the plan. */
  z.object({ kind: z.literal('ago'), durationMs: z.int().min(0).max(TIME_MAX_MS) }),
  z.object({ kind: z.literal('offset'), offset }),
  z.object({ kind: z.literal('shift'), by: z.int() }),
  z.object({ kind: z.literal('group'), group: groupId }),
  z.object({
    kind: z.literal('offsets'),
    offsets: z.record(topicName, z.record(z.string().regex(/^\d{1,7}$/), offset.nullable())),
  }),
  /** Back to where a reset had found it. */
  z.object({ kind: z.literal('undo'), resetId: z.uuid() }),
])

const resetScope = z
  .array(z.object({ topic: topicName, partitions: z.array(partition).max(20_000).nullable() }))
  .min(1)
  .max(10_000)
  .nullable()

export const groups = router({
  list: clusterProcedure.input(groupQuery).query(({ ctx, input }) => listGroupRows(ctx.session, input)),

  /** A page of the list whenever it has changed; null: ask for it, and be told why it cannot be had. */
  listLive: clusterProcedure
    .input(groupQuery)
    .subscription(({ ctx, input, signal }) =>
      liveView(ctx.session.sampler, signal, () => listGroupRows(ctx.session, input)),
    ),

  get: clusterProcedure.input(one).query(({ ctx, input }) => groupDetail(ctx.session, input.group)),

  /** The lag over time, sampled on the server since the console watches; null: not watched yet. */
  lagSeries: clusterProcedure
    .input(z.object({ group: groupId, sinceMs: z.number().min(0).default(0) }))
    .query(({ ctx, input }) => {
      ctx.session.sampler.watch()
      const history = ctx.session.sampler.groupHistory(input.group)?.since(input.sinceMs) ?? null
      return { history, trend: lagTrendOf(ctx.session, input.group) }
    }),

  /** The group in full, and its lag as it is sampled. `detail` null: it cannot be had; ask for it, and be told why. */
  live: clusterProcedure
    .input(z.object({ group: groupId, lastEventId: z.string().max(40).nullish() }))
    .subscription(async function* ({ ctx, input, signal }) {
      const { sampler } = ctx.session
      for await (const _ of beats(sampler, signal)) {
        const atMs = sampler.last?.atMs ?? Date.now()
        const lag = sampler.last?.lags.get(input.group) ?? null
        const detail = await groupDetail(ctx.session, input.group).catch(() => null)
        yield tracked(String(atMs), { atMs, lag, trend: lagTrendOf(ctx.session, input.group), detail })
      }
    }),

  diagnose: clusterProcedure.input(one).query(({ ctx, input }) => diagnose(ctx.session, input.group)),

  /** The same whenever it has changed; null: ask for it, and be told why it cannot be had. */
  diagnoseLive: clusterProcedure
    .input(one)
    .subscription(({ ctx, input, signal }) =>
      liveView(ctx.session.sampler, signal, () => diagnose(ctx.session, input.group)),
    ),

  /** What a reset would do. Nothing moves; `planId` is what `resetApply` takes. */
  resetPlan: clusterProcedure
    .input(z.object({ group: groupId, target: resetTarget, scope: resetScope.default(null) }))
    .query(async ({ ctx, input }) => {
      const { group, scope } = input
      const desk = ctx.console.resets(input.cluster)
      const target = await plainTarget(input.target, (resetId) => desk.undoTarget(group, resetId))
      const plan = await desk.plan(group, target, scope)
      const words = [...targetWords(target), ...scopeWords(scope)]
      return {
        ...plan,
        command: odradekCommand(ctx.session.settings.bootstrap, 'groups', 'reset', group, ...words, '--apply'),
      }
    }),

  /** Does what the plan says, once, or refuses with CONFLICT where something has moved. */
  resetApply: clusterProcedure.input(z.object({ planId: z.uuid(), confirm })).mutation(async ({ ctx, input }) => {
    const { plan, isFirst, done } = ctx.console.resets(input.cluster).apply(input.planId, input.confirm)
    ctx.note({ resource: `group ${plan.group}`, changesNothing: !isFirst })
    const { id, results } = await done
    ctx.note({ id, after: { what: targetText(plan.target), undoes: null, results } })
    return { resetId: id, group: plan.group, results }
  }),

  /** Puts back what a reset had moved, unless the group has moved since. */
  resetUndo: clusterProcedure
    .input(z.object({ group: groupId, resetId: z.uuid() }))
    .mutation(async ({ ctx, input }) => {
      const { isFirst, done } = ctx.console.resets(input.cluster).undo(input.group, input.resetId)
      ctx.note({ resource: `group ${input.group}`, changesNothing: !isFirst })
      const { id, results } = await done
      ctx.note({ id, after: { what: 'back to where it was', undoes: input.resetId, results } })
      return { resetId: id, group: input.group, results }
    }),

  /** Applies a plan's target as soon as the group has no members. */
  resetArm: clusterProcedure.input(z.object({ planId: z.uuid(), confirm })).mutation(({ ctx, input }) => {
    const desk = ctx.console.resets(input.cluster)
    const armed = desk.arm(input.planId, input.confirm, ctx.visitor, visitorText(ctx.visitor))
    ctx.note({ resource: `group ${armed.group}`, after: { armed: armed.what } })
    return armed
  }),

  resetDisarm: clusterProcedure.input(z.object({ armId: z.uuid() })).mutation(({ ctx, input }) => {
    const armed = ctx.console.resets(input.cluster).disarm(input.armId)
    ctx.note({ resource: `group ${armed.group}`, before: { armed: armed.what } })
    return armed
  }),

  /** Resets of the group that were done, newest first, and those that wait. */
  resets: clusterProcedure.input(one).query(async ({ ctx, input }) => {
    const desk = ctx.console.resets(input.cluster)
    return { done: await desk.done(input.group), armed: desk.armed(input.group) }
  }),

  /** Sends the members away, so that a reset can be applied. Clients that live come back. `confirm`: the id of the group. */
  fenceMembers: clusterProcedure
    .input(z.object({ group: groupId, confirm: z.string().max(1000) }))
    .mutation(async ({ ctx, input }) => {
      assertConfirmed(input.confirm, input.group, `send the members of group "${input.group}" away`)
      ctx.note({ resource: `group ${input.group}` })
      const members = await fenceMembers(ctx.session.cluster, input.group, 'Sent away by the console')
      ctx.session.members.forget()
      ctx.note({ before: { members } })
      return { members }
    }),

  /** Takes commits away. `partitions` null: all of the topic. */
  deleteOffsets: clusterProcedure
    .input(z.object({ group: groupId, topic: topicName, partitions: z.array(partition).max(20_000).nullable() }))
    .mutation(async ({ ctx, input }) => {
      const tried = `delete offsets of group "${input.group}"`
      const wanted = await committedPartitions(ctx.session, input.group, input.topic, input.partitions)
      ctx.note({ resource: `group ${input.group}`, before: { topic: input.topic, commits: wanted } })
      const { coordinator } = await groupNow(ctx.session.cluster, input.group)
      const failed = await deleteOffsets(ctx.session.cluster, input.group, coordinator, wanted, tried)
      const results = wanted.map(({ partition, committed }) => {
        return { partition, committed, error: failed.get(`${input.topic}-${partition}`) ?? null }
      })
      ctx.note({ after: results })
      return results
    }),

  /** `confirm`: its id. Refused while it has members. */
  delete: clusterProcedure
    .input(z.object({ group: groupId, confirm: z.string().max(1000) }))
    .mutation(async ({ ctx, input }) => {
      assertConfirmed(input.confirm, input.group, `delete group "${input.group}"`)
      const before = await groupDetail(ctx.session, input.group)
      const commits = before.partitions.map(({ topic, partition, committed }) => ({ topic, partition, committed }))
      ctx.note({ resource: `group ${input.group}`, before: { state: before.state, commits } })
      await deleteGroup(ctx.session.cluster, input.group)
      return { group: input.group }
    }),
})

async function committedPartitions(
  session: ClusterSession,
  group: string,
  topic: string,
  partitions: readonly number[] | null,
) {
  const detail = await groupDetail(session, group)
  return detail.partitions.filter(
    (row) => row.topic === topic && row.committed !== null && (partitions?.includes(row.partition) ?? true),
  )
}

async function plainTarget(
  target: z.infer<typeof resetTarget>,
  undo: (resetId: string) => Promise<ResetTarget>,
): Promise<ResetTarget> {
  if (target.kind === 'ago') return { kind: 'time', timestampMs: Math.max(0, Date.now() - target.durationMs) }
  return target.kind === 'undo' ? undo(target.resetId) : target
}

function assertConfirmed(typed: string, expected: string, tried: string): void {
  if (typed === expected) return
  throw refuse('BAD_REQUEST', 'What was typed is not the id of the group.', { tried, remedy: `Type ${expected}.` })
}

function targetWords(target: ResetTarget): string[] {
  switch (target.kind) {
    case 'earliest':
      return ['--to-earliest']
    case 'latest':
      return ['--to-latest']
    case 'time':
      return ['--to-time', new Date(target.timestampMs).toISOString()]
    case 'offset':
      return ['--to-offset', String(target.offset)]
    case 'shift':
      return [`--by=${target.by}`]
    case 'group':
      return ['--to-group', target.group]
    case 'offsets':
      return Object.entries(target.offsets).flatMap(([topic, offsets]) =>
        Object.entries(offsets).flatMap(([partition, to]) => ['--set', `${topic}/${partition}@${to ?? 'none'}`]),
      )
    default:
      return target satisfies never
  }
}

function scopeWords(scope: z.infer<typeof resetScope>): string[] {
  return (scope ?? []).flatMap(({ topic, partitions }) => [
    '--topic',
    partitions ? `${topic}:${partitions.join(',')}` : topic,
  ])
}
