/** Records that wait for their time: how many and when, one in full, and orders about them. */
import {
  delayedPartitions,
  delayedRecord,
  delayedTimeline,
  deliverDelayed,
  findAdminListeners,
  listDelayed,
  MessageSource,
  RefusedError,
  recallDelayed,
  rescheduleDelayed,
} from '@odradek/client'
import { z } from 'zod'
import type { ClusterSession } from '../cluster-session.ts'
import { delayedTopics } from '../delayed/delayed-topics.ts'
import { roundWindow } from '../delayed/round-window.ts'
import { waitingMessage } from '../delayed/waiting-message.ts'
import { liveView } from '../live-view.ts'
import { decodersInput, offsetNumber, partitionNumber, topicName } from '../message-search.ts'
import { clusterProcedure, router } from '../trpc.ts'

const LIST_MAX = 1_000
/** The last instant that a Date can hold. */
const time = z.int().min(0).max(8.64e15)
const place = z.object({ topic: topicName, partition: partitionNumber, offset: offsetNumber })
const records = z
  .array(z.object({ partition: partitionNumber, offset: offsetNumber }))
  .min(1)
  .max(LIST_MAX)

const timelineInput = z.object({
  topic: topicName,
  partition: partitionNumber.optional(),
  window: z.object({ from: time, to: time }).optional(),
})
const listInput = z.object({
  topic: topicName,
  partition: partitionNumber.optional(),
  key: z.string().max(10_000).optional(),
  from: time.optional(),
  to: time.optional(),
  limit: z.int().min(1).max(LIST_MAX).default(100),
})
const getInput = place.extend({ decoders: decodersInput })

const listenersOf = ({ cluster, settings }: ClusterSession) => findAdminListeners(cluster, settings.adminAddress)

export const delayed = router({
  /** Topics whose records wait; `problem` says why none are told, `silent` of which brokers. */
  topics: clusterProcedure.query(({ ctx }) => topicsOf(ctx.session)),

  /** The same whenever it has changed; null: ask for it, and be told why it cannot be had. */
  topicsLive: clusterProcedure.subscription(({ ctx, signal }) =>
    liveView(ctx.session.sampler, signal, () => topicsOf(ctx.session)),
  ),

  /** How many are due when, in parts of a round length; without a window from the first that waits to the last. */
  timeline: clusterProcedure.input(timelineInput).query(({ ctx, input }) => timelineOf(ctx.session, input)),

  timelineLive: clusterProcedure
    .input(timelineInput)
    .subscription(({ ctx, input, signal }) =>
      liveView(ctx.session.sampler, signal, () => timelineOf(ctx.session, input)),
    ),

  /** The records of a topic that wait, the next due first. */
  list: clusterProcedure.input(listInput).query(({ ctx, input }) => listOf(ctx.session, input)),

  listLive: clusterProcedure
    .input(listInput)
    .subscription(({ ctx, input, signal }) => liveView(ctx.session.sampler, signal, () => listOf(ctx.session, input))),

  /** One in full; null: nothing waits there (any more). */
  get: clusterProcedure.input(getInput).query(({ ctx, input }) => recordOf(ctx.session, input)),

  /** The record in `record`, which may be null, whenever that has changed; null: ask for it. */
  getLive: clusterProcedure
    .input(getInput)
    .subscription(({ ctx, input, signal }) =>
      liveView(ctx.session.sampler, signal, async () => ({ record: await recordOf(ctx.session, input) })),
    ),

  /** Takes records back: they will not be delivered. */
  recall: clusterProcedure
    .input(z.object({ topic: topicName, records }))
    .mutation(async ({ ctx, input: { topic, records: chosen } }) => {
      ctx.note({ resource: `topic ${topic}` })
      const result = await recallDelayed(await listenersOf(ctx.session), { topic, records: chosen })
      ctx.note({ after: result })
      return result
    }),

  /** Delivers records now. */
  deliver: clusterProcedure
    .input(z.object({ topic: topicName, records }))
    .mutation(async ({ ctx, input: { topic, records: chosen } }) => {
      ctx.note({ resource: `topic ${topic}` })
      const result = await deliverDelayed(await listenersOf(ctx.session), { topic, records: chosen })
      ctx.note({ after: result })
      return result
    }),

  /** Another time for one: a copy with that time, and the recall of the first. */
  reschedule: clusterProcedure
    .input(place.extend({ due: time }))
    .mutation(async ({ ctx, input: { cluster: _, due, ...at } }) => {
      ctx.note({ resource: `record ${at.topic}-${at.partition}@${at.offset}` })
      const result = await rescheduleDelayed(ctx.session.cluster, await listenersOf(ctx.session), at, due)
      ctx.note({ before: { due: result.dueBefore }, after: result })
      return result
    }),
})

async function topicsOf(session: ClusterSession) {
  try {
    const { partitions, silent } = await delayedPartitions(await listenersOf(session))
    return { problem: null, silent, topics: delayedTopics(partitions) }
  } catch (error) {
    // A cluster that cannot tell is told apart from one that is away.
    if (error instanceof RefusedError) return { problem: error.message, silent: [], topics: [] }
    throw error
  }
}

async function timelineOf(session: ClusterSession, { topic, partition, window }: z.output<typeof timelineInput>) {
  const listeners = await listenersOf(session)
  const scope = { topic, ...(partition !== undefined && { partition }) }
  if (window !== undefined) return delayedTimeline(listeners, { ...scope, ...roundWindow(window.from, window.to) })
  const now = Date.now()
  const { first, last } = await delayedTimeline(listeners, { ...scope, from: now, to: now + 1, buckets: 1 })
  return delayedTimeline(listeners, { ...scope, ...roundWindow(Math.min(first ?? now, now), (last ?? now) + 1) })
}

async function listOf(session: ClusterSession, input: z.output<typeof listInput>) {
  const { topic, limit, partition, key, from, to } = input
  const given = Object.fromEntries(
    Object.entries({ partition, key, from, to }).filter(([, value]) => value !== undefined),
  )
  return listDelayed(await listenersOf(session), { topic, limit, ...given })
}

async function recordOf(session: ClusterSession, input: z.output<typeof getInput>) {
  const { topic, partition, offset, decoders } = input
  const record = await delayedRecord(await listenersOf(session), { topic, partition, offset })
  if (record === null) return null
  await using source = new MessageSource(session.settings, session.cluster)
  return waitingMessage(source, record, decoders)
}
