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

const listenersOf = ({ cluster, settings }: ClusterSession) => findAdminListeners(cluster, settings.adminAddress)

export const delayed = router({
  /** Topics whose records wait; `problem` says why none are told, `silent` of which brokers. */
  topics: clusterProcedure.query(async ({ ctx }) => {
    try {
      const { partitions, silent } = await delayedPartitions(await listenersOf(ctx.session))
      return { problem: null, silent, topics: delayedTopics(partitions) }
    } catch (error) {
      // A cluster that cannot tell is told apart from one that is away.
      if (error instanceof RefusedError) return { problem: error.message, silent: [], topics: [] }
      throw error
    }
  }),

  /** How many are due when, in parts of a round length; without a window from the first that waits to the last. */
  timeline: clusterProcedure
    .input(
      z.object({
        topic: topicName,
        partition: partitionNumber.optional(),
        window: z.object({ from: time, to: time }).optional(),
      }),
    )
    .query(async ({ ctx, input: { topic, partition, window } }) => {
      const listeners = await listenersOf(ctx.session)
      const scope = { topic, ...(partition !== undefined && { partition }) }
      if (window !== undefined) return delayedTimeline(listeners, { ...scope, ...roundWindow(window.from, window.to) })
      const now = Date.now()
      const { first, last } = await delayedTimeline(listeners, { ...scope, from: now, to: now + 1, buckets: 1 })
      return delayedTimeline(listeners, { ...scope, ...roundWindow(Math.min(first ?? now, now), (last ?? now) + 1) })
    }),

  /** The records of a topic that wait, the next due first. */
  list: clusterProcedure
    .input(
      z.object({
        topic: topicName,
        partition: partitionNumber.optional(),
        key: z.string().max(10_000).optional(),
        from: time.optional(),
        to: time.optional(),
        limit: z.int().min(1).max(LIST_MAX).default(100),
      }),
    )
    .query(async ({ ctx, input: { cluster: _, topic, limit, ...narrow } }) => {
      const given = Object.fromEntries(Object.entries(narrow).filter(([, value]) => value !== undefined))
      return listDelayed(await listenersOf(ctx.session), { topic, limit, ...given })
    }),

  /** One in full; null: nothing waits there (any more). */
  get: clusterProcedure
    .input(place.extend({ decoders: decodersInput }))
    .query(async ({ ctx, input: { cluster: _, decoders, ...at } }) => {
      const record = await delayedRecord(await listenersOf(ctx.session), at)
      if (record === null) return null
      await using source = new MessageSource(ctx.session.settings, ctx.session.cluster)
      return waitingMessage(source, record, decoders)
    }),

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
