/** Replicas of a cluster: controller, who is in sync, moves between brokers, elections. What any Kafka serves, and Odradek's more. */
import {
  alterReassignments,
  clusterEventKinds,
  clusterHistory,
  describeConfigs,
  electLeaders,
  kafkaErrorName,
  type PartitionOutcome,
  throttleMoves,
  unregisterBroker,
  unthrottleMoves,
} from '@odradek/client'
import { z } from 'zod'
import type { ClusterSession } from '../cluster-session.ts'
import { refuse } from '../failure.ts'
import { liveView } from '../live-view.ts'
import { offsetNumber, partitionNumber, topicName } from '../message-search.ts'
import { PlanStore } from '../plan-store.ts'
import { assertUnmoved, type MovePlan, planMoves } from '../replication/move-plan.ts'
import { moveProgress } from '../replication/move-progress.ts'
import { partitionReplicas } from '../replication/partition-replicas.ts'
import { partitionFaults } from '../replication/partition-standing.ts'
import type { ReplicationDesk } from '../replication/replication-desk.ts'
import { odradekCommand } from '../shell-word.ts'
import { clusterProcedure, router } from '../trpc.ts'

/** Of a plan that are shown; all of them are carried out. */
const ROWS_SHOWN_MAX = 1_000
const PLACES_MAX = 10_000
const place = z.object({ topic: topicName, partition: partitionNumber })
const places = z.array(place).min(1).max(PLACES_MAX)
const brokerId = z
  .int()
  .min(0)
  .max(2 ** 31 - 1)

const partitionQuery = z.object({
  only: z.enum(['faulty', 'all', 'moving', ...partitionFaults]).default('faulty'),
  search: z.string().max(500).default(''),
  page: z.int().min(0).max(1_000_000).default(0),
  pageSize: z.int().min(1).max(200).default(50),
})

async function moving(session: ClusterSession, desk: ReplicationDesk) {
  const moves = await desk.moves()
  const [progress, held] = await Promise.all([
    moves === null ? null : moveProgress(session, moves),
    heldTo(session).catch(() => null),
  ])
  return { moves: progress, bytesPerSecond: held }
}

const historyQuery = z.object({
  topic: topicName.optional(),
  partition: partitionNumber.optional(),
  broker: brokerId.optional(),
  kinds: z.array(z.enum(clusterEventKinds)).min(1).optional(),
  limit: z.int().min(1).max(500).default(100),
})

/** What came of one partition. */
export interface Outcome {
  readonly topic: string
  readonly partition: number
  readonly error: { readonly name: string; readonly number: number; readonly text: string } | null
}

/** Copied of each broker at most; null: as fast as it goes. */
const bytesPerSecond = z.int().min(1).max(1e12).nullable().default(null)

/** Moves are followed closely while somebody looks. */
const MOVES_AGE_MS_MAX = 2_000

const plans = new PlanStore<MovePlan, Outcome[]>()

export const replication = router({
  /** Controller, epochs, brokers that are gone, how many partitions are not as they should be. */
  overview: clusterProcedure.query(({ ctx, input }) => ctx.console.replication(input.cluster).overview()),

  /** This and the other live ones whenever they have changed; null: ask for them, and be told why they cannot be had. */
  overviewLive: clusterProcedure.subscription(({ ctx, input, signal }) =>
    liveView(ctx.session.sampler, signal, () => ctx.console.replication(input.cluster).overview()),
  ),

  /** Partitions and what is wrong with them, the worst first. */
  partitions: clusterProcedure
    .input(partitionQuery)
    .query(({ ctx, input }) => ctx.console.replication(input.cluster).partitions(input)),

  partitionsLive: clusterProcedure
    .input(partitionQuery)
    .subscription(({ ctx, input, signal }) =>
      liveView(ctx.session.sampler, signal, () => ctx.console.replication(input.cluster).partitions(input)),
    ),

  /** One partition: each replica, whether it is in sync, what it has. */
  partition: clusterProcedure
    .input(place)
    .query(({ ctx, input }) => partitionReplicas(ctx.session, ctx.console.replication(input.cluster), input)),

  partitionLive: clusterProcedure
    .input(place)
    .subscription(({ ctx, input, signal }) =>
      liveView(ctx.session.sampler, signal, () =>
        partitionReplicas(ctx.session, ctx.console.replication(input.cluster), input),
      ),
    ),

  /** What happened to brokers, controllers, leaders, in-sync replicas and moves, the newest first. `isKept`: whether it is written down. */
  history: clusterProcedure
    .input(historyQuery.extend({ before: offsetNumber.nullable().default(null) }))
    .query(({ ctx, input: { cluster, before, ...query } }) =>
      before === null
        ? ctx.console.replication(cluster).recent.page(query)
        : clusterHistory(ctx.session.cluster, { ...query, before }),
    ),

  /** The newest of it. */
  historyLive: clusterProcedure
    .input(historyQuery)
    .subscription(({ ctx, input: { cluster, ...query }, signal }) =>
      liveView(ctx.session.sampler, signal, () => ctx.console.replication(cluster).recent.page(query)),
    ),

  /** What would be moved so that the partitions are on the brokers, evenly. */
  plan: clusterProcedure
    .input(
      z.object({
        topics: z.array(topicName).min(1).max(1_000).nullable().default(null),
        brokers: z.array(brokerId).min(1).max(1_000).nullable().default(null),
        replicas: z.int().min(1).max(100).nullable().default(null),
      }),
    )
    .query(async ({ ctx, input }) => {
      const plan = await planMoves(ctx.session, ctx.console.replication(input.cluster), input)
      const { topics, brokers, replicas } = input
      const words = [
        ...(topics ?? []).flatMap((topic) => ['--topic', topic]),
        ...(brokers === null ? [] : ['--brokers', brokers.join(',')]),
        ...(replicas === null ? [] : ['--replicas', String(replicas)]),
      ]
      return {
        ...plan,
        planId: plans.add(ctx.session.id, plan, plan.moves.length),
        moves: plan.moves.slice(0, ROWS_SHOWN_MAX),
        count: plan.moves.length,
        command: command(ctx.session, 'cluster', 'reassign', ...words, '--apply'),
      }
    }),

  /** Begins what the plan says, once. Each partition has a result of its own. `bytesPerSecond`: of each broker at most, until that is let go. */
  reassign: clusterProcedure.input(z.object({ planId: z.uuid(), bytesPerSecond })).mutation(async ({ ctx, input }) => {
    const tried = 'move partitions'
    const { cluster } = ctx.session
    const { isFirst, done } = plans.once(ctx.session.id, input.planId, tried, async ({ moves }) => {
      assertUnmoved(await cluster.metadata(0), moves)
      // First: what is copied meanwhile would not be held up.
      if (input.bytesPerSecond !== null) await throttleMoves(cluster, moves, input.bytesPerSecond)
      const wanted = moves.map(({ topic, partition, target }) => ({ topic, partition, replicas: target }))
      return outcomesOf(await alterReassignments(cluster, wanted))
    })
    const { moves } = plans.get(ctx.session.id, input.planId, tried)
    const before = moves.map(({ topic, partition, replicas }) => ({ topic, partition, replicas }))
    ctx.note({ resource: countText(moves.length), before, changesNothing: !isFirst })
    const results = await done
    ctx.console.replication(input.cluster).forget()
    ctx.note({ after: moves.map(({ topic, partition, target }) => ({ topic, partition, replicas: target })) })
    return { results }
  }),

  /** What is being moved, how far it is, and whether it is held up. `moves` null: the cluster does not tell. */
  moves: clusterProcedure.query(({ ctx, input }) => moving(ctx.session, ctx.console.replication(input.cluster))),

  /** The same whenever it has changed; null: ask for it, and be told why it cannot be had. */
  movesLive: clusterProcedure.subscription(({ ctx, input, signal }) =>
    liveView(ctx.session.sampler, signal, () => moving(ctx.session, ctx.console.replication(input.cluster)), {
      ageMsMax: MOVES_AGE_MS_MAX,
    }),
  ),

  /** Lets replicas be copied as fast as it goes again. */
  unthrottle: clusterProcedure.mutation(async ({ ctx }) => {
    ctx.note({ resource: 'all brokers', before: { bytesPerSecond: await heldTo(ctx.session) } })
    const topics = await unthrottleMoves(ctx.session.cluster)
    ctx.note({ after: { bytesPerSecond: null, topics } })
    return { topics }
  }),

  /** Takes moves back: the replicas are those from before. `partitions` null: of all. */
  cancel: clusterProcedure.input(z.object({ partitions: places.nullable() })).mutation(async ({ ctx, input }) => {
    const desk = ctx.console.replication(input.cluster)
    desk.forget()
    const moving = (await desk.moves()) ?? []
    const named = input.partitions && new Set(input.partitions.map(({ topic, partition }) => `${topic} ${partition}`))
    const isWanted = ({ topic, partition }: { topic: string; partition: number }) =>
      named === null || named.has(`${topic} ${partition}`)
    const taken = moving.filter(isWanted)
    ctx.note({ resource: countText(taken.length), before: taken, changesNothing: taken.length === 0 })
    if (taken.length === 0) return { results: [] }
    const wanted = taken.map(({ topic, partition }) => ({ topic, partition, replicas: null }))
    const results = outcomesOf(await alterReassignments(ctx.session.cluster, wanted))
    desk.forget()
    const isAll = taken.length === moving.length && results.every(({ error }) => error === null)
    if (isAll && (await heldTo(ctx.session).catch(() => null)) !== null) await unthrottleMoves(ctx.session.cluster)
    ctx.note({ after: results })
    return { results }
  }),

  /** Gives partitions back to their preferred leaders, where those are in sync. `partitions` null: all that have another one. */
  elect: clusterProcedure.input(z.object({ partitions: places.nullable() })).mutation(async ({ ctx, input }) => {
    const { partitions } = input
    const resource = partitions === null ? 'all partitions' : countText(partitions.length)
    ctx.note({ resource })
    const outcomes = await electLeaders(ctx.session.cluster, partitions === null ? null : byTopic(partitions))
    ctx.console.replication(input.cluster).forget()
    // One that has the leader it should have was not elected, and is no failure.
    const results = outcomesOf(outcomes.filter(({ errorCode }) => kafkaErrorName(errorCode) !== 'ELECTION_NOT_NEEDED'))
    ctx.note({ after: results })
    return { results }
  }),

  /** Lets any replica lead a partition that nobody leads: what it has not got is lost. `confirm`: the partition, `orders-3`. */
  electUnclean: clusterProcedure
    .input(place.extend({ confirm: z.string().max(1_100) }))
    .mutation(async ({ ctx, input: { cluster, topic, partition, confirm } }) => {
      const name = `${topic}-${partition}`
      const tried = `elect any leader of ${name}`
      if (confirm !== name) {
        throw refuse('BAD_REQUEST', 'What was typed is not the partition.', { tried, remedy: `Type ${name}.` })
      }
      ctx.note({ resource: `partition ${name}` })
      const wanted = new Map([[topic, [partition]]])
      const results = outcomesOf(await electLeaders(ctx.session.cluster, wanted, { isUnclean: true }))
      ctx.console.replication(cluster).forget()
      ctx.note({ after: results })
      return { results }
    }),

  /** Forgets a broker that is gone for good. `confirm`: its id. One that lives or has replicas is refused. */
  unregister: clusterProcedure
    .input(z.object({ nodeId: brokerId, confirm: z.string().max(20) }))
    .mutation(async ({ ctx, input }) => {
      const { nodeId } = input
      if (input.confirm !== String(nodeId)) {
        const tried = `unregister broker ${nodeId}`
        throw refuse('BAD_REQUEST', 'What was typed is not the broker.', { tried, remedy: `Type ${nodeId}.` })
      }
      ctx.note({ resource: `broker ${nodeId}` })
      await unregisterBroker(ctx.session.cluster, nodeId)
      ctx.console.replication(input.cluster).forget()
      return { nodeId }
    }),
})

/** What brokers copy at most in a second; null: as fast as it goes. */
async function heldTo(session: ClusterSession): Promise<number | null> {
  const key = 'leader.replication.throttled.rate'
  const entries = await describeConfigs(session.cluster, { type: 'broker', name: '' }, [key])
  const entry = entries.find(({ name, isOverridden }) => name === key && isOverridden)
  return entry?.value == null ? null : Number(entry.value)
}

function outcomesOf(outcomes: readonly PartitionOutcome[]): Outcome[] {
  return outcomes.map(({ topic, partition, errorCode, errorMessage }) => {
    if (errorCode === 0) return { topic, partition, error: null }
    const name = kafkaErrorName(errorCode)
    return { topic, partition, error: { name, number: errorCode, text: errorMessage ?? name } }
  })
}

function byTopic(partitions: readonly { readonly topic: string; readonly partition: number }[]) {
  const found = new Map<string, number[]>()
  for (const { topic, partition } of partitions) found.set(topic, [...(found.get(topic) ?? []), partition])
  return found
}

function countText(count: number): string {
  return count === 1 ? '1 partition' : `${count} partitions`
}

function command(session: ClusterSession, ...words: readonly string[]): string {
  return odradekCommand(session.settings.bootstrap, ...words)
}
