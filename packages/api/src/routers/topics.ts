/** Topics: the list, one in full, and what may be done to them. */
import {
  addPartitions,
  alterConfigs,
  createTopic,
  type DeletedRecords,
  type DeleteRecordsPlan,
  deleteRecords,
  deleteTopics,
  describeConfigs,
  describeProducers,
  planDeleteRecords,
} from '@odradek/client'
import { tracked } from '@trpc/server'
import { z } from 'zod'
import type { ClusterSession } from '../cluster-session.ts'
import { configForm } from '../config-form.ts'
import { topicDurability } from '../durability.ts'
import { refuse } from '../failure.ts'
import { beats, liveView } from '../live-view.ts'
import { PlanStore } from '../plan-store.ts'
import { odradekCommand } from '../shell-word.ts'
import { topicColumns } from '../topic-columns.ts'
import { groupsOfTopics } from '../topic-dependents.ts'
import { findTopic, topicDetail, topicPartitions } from '../topic-detail.ts'
import { listTopics, recordsOf, topicQuery } from '../topic-listing.ts'
import { clusterProcedure, router } from '../trpc.ts'

const topicName = z.string().min(1).max(1000)
const one = z.object({ topic: topicName })
const configName = z.string().min(1).max(300)
const configValue = z.string().max(10_000)
const partitionIndex = z.int().min(0).max(1_000_000)
const offset = z.int().min(0)

/** The last instant that a Date can hold. */
const TIME_MAX_MS = 8.64e15

const deleteTarget = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('all') }),
  z.object({ kind: z.literal('time'), timestampMs: z.int().min(0).max(TIME_MAX_MS) }),
  z.object({ kind: z.literal('offsets'), offsets: z.record(z.string().regex(/^\d{1,7}$/), offset) }),
  z.object({ kind: z.literal('keep'), count: z.int().min(0) }),
])

const deletions = new PlanStore<DeleteRecordsPlan, DeletedRecords[]>()

export const topics = router({
  list: clusterProcedure.input(topicQuery).query(({ ctx, input }) => {
    // From here people go on to messages.
    ctx.console.scans.warm()
    return listTopics(ctx.session, input)
  }),

  /** A page of the list whenever it has changed, with the slow columns if they are wanted; null: ask for it, and be told why. */
  listLive: clusterProcedure
    .input(topicQuery.extend({ columns: z.boolean().default(false) }))
    .subscription(({ ctx, input, signal }) => {
      return liveView(ctx.session.sampler, signal, async () => {
        // Whoever watches would wait a whole round for what is late by a moment.
        await ctx.session.sizes.get().catch(() => null)
        const page = await listTopics(ctx.session, input)
        const names = page.rows.map(({ name }) => name)
        return { page, columns: input.columns ? await topicColumns(ctx.session, names) : null }
      })
    }),

  /** The slow columns of the rows of a page. */
  columns: clusterProcedure
    .input(z.object({ topics: z.array(topicName).max(200) }))
    .query(({ ctx, input }) => topicColumns(ctx.session, input.topics)),

  get: clusterProcedure.input(one).query(({ ctx, input }) => topicInFull(ctx.session, input.topic)),

  /** The same after each look at the cluster. `detail` null: it cannot be had; ask for it, and be told why. */
  live: clusterProcedure
    .input(z.object({ topic: topicName, lastEventId: z.string().max(40).nullish() }))
    .subscription(async function* ({ ctx, input, signal }) {
      const { sampler } = ctx.session
      for await (const _ of beats(sampler, signal)) {
        const atMs = sampler.last?.atMs ?? Date.now()
        yield tracked(String(atMs), { atMs, detail: await topicInFull(ctx.session, input.topic).catch(() => null) })
      }
    }),

  partitions: clusterProcedure.input(one).query(({ ctx, input }) => topicPartitions(ctx.session, input.topic)),

  /** These and the two below whenever they have changed; null: ask for them, and be told why they cannot be had. */
  partitionsLive: clusterProcedure
    .input(one)
    .subscription(({ ctx, input, signal }) =>
      liveView(ctx.session.sampler, signal, () => topicPartitions(ctx.session, input.topic)),
    ),

  groups: clusterProcedure.input(one).query(({ ctx, input }) => readers(ctx.session, input.topic)),

  groupsLive: clusterProcedure
    .input(one)
    .subscription(({ ctx, input, signal }) =>
      liveView(ctx.session.sampler, signal, () => readers(ctx.session, input.topic)),
    ),

  producers: clusterProcedure.input(one).query(({ ctx, input }) => producersOf(ctx.session, input.topic)),

  producersLive: clusterProcedure
    .input(one)
    .subscription(({ ctx, input, signal }) =>
      liveView(ctx.session.sampler, signal, () => producersOf(ctx.session, input.topic)),
    ),

  /** Records in a second over time, since the console watches; null: the topic was never busy. */
  series: clusterProcedure
    .input(z.object({ topic: topicName, sinceMs: z.number().min(0).default(0) }))
    .query(({ ctx, input }) => {
      ctx.session.sampler.watch()
      return ctx.session.sampler.topicHistory(input.topic)?.since(input.sinceMs) ?? null
    }),

  configs: clusterProcedure
    .input(one)
    .query(({ ctx, input }) => configForm(ctx.session.cluster, { type: 'topic', name: input.topic })),

  setConfig: clusterProcedure
    .input(z.object({ topic: topicName, name: configName, value: configValue }))
    .mutation(({ ctx, input }) => changeConfig(ctx, input.topic, input.name, input.value)),

  resetConfig: clusterProcedure
    .input(z.object({ topic: topicName, name: configName }))
    .mutation(({ ctx, input }) => changeConfig(ctx, input.topic, input.name, null)),

  /** `validateOnly` asks the cluster whether it would, and creates nothing. */
  create: clusterProcedure
    .input(
      z.object({
        topic: topicName,
        partitions: z.int().min(1).max(100_000).optional(),
        replicationFactor: z.int().min(1).max(32_767).optional(),
        configs: z.record(configName, configValue).default({}),
        validateOnly: z.boolean().default(false),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const { topic, partitions, replicationFactor, configs, validateOnly } = input
      ctx.note({ resource: `topic ${topic}`, changesNothing: validateOnly })
      const created = await createTopic(
        ctx.session.cluster,
        { name: topic, partitions, replicationFactor, configs },
        { validateOnly },
      )
      if (!validateOnly) ctx.session.forget()
      ctx.note({ after: created })
      return created
    }),

  addPartitions: clusterProcedure
    .input(z.object({ topic: topicName, total: z.int().min(1).max(100_000) }))
    .mutation(async ({ ctx, input }) => {
      ctx.note({ resource: `topic ${input.topic}` })
      const before = (await findTopic(ctx.session, input.topic)).partitions.length
      await addPartitions(ctx.session.cluster, input.topic, input.total)
      ctx.session.forget()
      ctx.note({ before: { partitions: before }, after: { partitions: input.total } })
      return { before, partitions: input.total }
    }),

  /** What would go with the topics: records, bytes, and the groups that read them. */
  deleteImpact: clusterProcedure
    .input(z.object({ topics: z.array(topicName).min(1).max(200) }))
    .query(async ({ ctx, input }) => {
      const [groups, sizes] = await Promise.all([
        groupsOfTopics(ctx.session, input.topics, 0),
        ctx.session.sizes.get().catch(() => null),
      ])
      const sample = await ctx.session.sampler.sample()
      return {
        topics: input.topics.map((topic) => ({
          topic,
          records: recordsOf(sample, topic),
          sizeBytes: sizes?.topics.get(topic)?.sizeBytes ?? null,
          groups: groups.get(topic) ?? [],
        })),
        commands: input.topics.map((topic) => command(ctx.session, 'topics', 'delete', topic, '--apply')),
      }
    }),

  /**
   * `confirm`: the name of the topic, or of several their number. Each topic has a result of its own. `withWaiting`: also
   * where records wait, which are lost then.
   */
  delete: clusterProcedure
    .input(
      z.object({
        topics: z.array(topicName).min(1).max(200),
        confirm: z.string().max(1000),
        withWaiting: z.boolean().default(false),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const names = [...new Set(input.topics)]
      const expected = names.length === 1 ? names[0] : String(names.length)
      const tried = names.length === 1 ? `delete topic "${names[0]}"` : `delete ${names.length} topics`
      if (input.confirm !== expected) {
        throw refuse('BAD_REQUEST', 'What was typed is not what is to be deleted.', {
          tried,
          remedy: `Type ${expected}.`,
        })
      }
      ctx.note({ resource: names.length === 1 ? `topic ${names[0]}` : `${names.length} topics` })
      const { withWaiting } = input
      const results = (await deleteTopics(ctx.session.cluster, names, { withWaiting })).map(({ topic, error }) => ({
        topic,
        error: error === null ? null : { name: error.errorName, number: error.code, text: error.message },
      }))
      ctx.session.forget()
      ctx.note({ after: results })
      return results
    }),

  deleteRecordsPlan: clusterProcedure
    .input(
      z.object({ topic: topicName, target: deleteTarget, partitions: z.array(partitionIndex).max(10_000).optional() }),
    )
    .query(async ({ ctx, input }) => {
      const { topic, target, partitions } = input
      const plan = await planDeleteRecords(ctx.session.cluster, topic, target, partitions ?? null)
      const planId = deletions.add(ctx.session.id, plan, plan.rows.length)
      const words = targetWords(target, partitions)
      return {
        planId,
        ...plan,
        command: command(ctx.session, 'topics', 'records', 'delete', topic, ...words, '--apply'),
      }
    }),

  /** Does what the plan says, once. `confirm`: the name of the topic. */
  deleteRecords: clusterProcedure
    .input(z.object({ planId: z.uuid(), confirm: z.string().max(1000) }))
    .mutation(async ({ ctx, input }) => {
      const tried = 'delete records'
      const plan = deletions.get(ctx.session.id, input.planId, tried)
      assertConfirmed(input.confirm, plan.topic, tried)
      const { isFirst, done } = deletions.once(ctx.session.id, input.planId, tried, (planned) => {
        return deleteRecords(ctx.session.cluster, planned)
      })
      ctx.note({ resource: `topic ${plan.topic}`, before: plan.rows, changesNothing: !isFirst })
      const results = await done
      ctx.session.forget()
      ctx.note({ after: results })
      return { topic: plan.topic, results }
    }),

  /** Removes all records that are there now; the topic stays. `confirm`: its name. */
  empty: clusterProcedure
    .input(z.object({ topic: topicName, confirm: z.string().max(1000) }))
    .mutation(async ({ ctx, input }) => {
      assertConfirmed(input.confirm, input.topic, `empty topic "${input.topic}"`)
      const plan = await planDeleteRecords(ctx.session.cluster, input.topic, { kind: 'all' })
      ctx.note({ resource: `topic ${input.topic}`, before: plan.rows })
      const results = await deleteRecords(ctx.session.cluster, plan)
      ctx.session.forget()
      ctx.note({ after: results })
      return { topic: input.topic, records: plan.records, results }
    }),
})

async function topicInFull(session: ClusterSession, topic: string) {
  const [detail, durability] = await Promise.all([
    topicDetail(session, topic),
    topicDurability(session, topic).catch(() => null),
  ])
  return { ...detail, durability }
}

/** The groups that read a topic, with their commits as they were at the last look. */
async function readers(session: ClusterSession, topic: string) {
  await findTopic(session, topic)
  return (await groupsOfTopics(session, [topic], Number.POSITIVE_INFINITY)).get(topic) ?? []
}

async function producersOf(session: ClusterSession, topic: string) {
  return describeProducers(session.cluster, await findTopic(session, topic))
}

interface ChangeContext {
  readonly session: ClusterSession
  note(change: { resource?: string; before?: unknown; after?: unknown }): void
}

async function changeConfig(ctx: ChangeContext, topic: string, name: string, value: string | null) {
  const resource = { type: 'topic', name: topic } as const
  const [before] = await describeConfigs(ctx.session.cluster, resource, [name])
  ctx.note({ resource: `topic ${topic}`, before: { [name]: before?.value ?? null, origin: before?.origin } })
  await alterConfigs(ctx.session.cluster, resource, [{ name, value }])
  const [after] = await describeConfigs(ctx.session.cluster, resource, [name])
  ctx.note({ after: { [name]: after?.value ?? null, origin: after?.origin } })
  return { before: before ?? null, after: after ?? null }
}

function assertConfirmed(typed: string, expected: string, tried: string): void {
  if (typed === expected) return
  throw refuse('BAD_REQUEST', 'What was typed is not the name.', { tried, remedy: `Type ${expected}.` })
}

function command(session: ClusterSession, ...words: readonly string[]): string {
  return odradekCommand(session.settings.bootstrap, ...words)
}

function targetWords(target: z.infer<typeof deleteTarget>, partitions: readonly number[] | undefined): string[] {
  const scope = partitions ? ['--partitions', partitions.join(',')] : []
  switch (target.kind) {
    case 'all':
      return ['--all', ...scope]
    case 'time':
      return ['--before-time', new Date(target.timestampMs).toISOString(), ...scope]
    case 'keep':
      return ['--keep', String(target.count), ...scope]
    case 'offsets':
      return Object.entries(target.offsets).flatMap(([partition, before]) => [
        '--before-offset',
        `${partition}:${before}`,
      ])
    default:
      return target satisfies never
  }
}
