/** The life of a message. */
import { EFFORT_MAX, findAdminListeners, letterHistory, MessageSource, messageLife } from '@odradek/client'
import { z } from 'zod'
import { offsetNumber, partitionNumber, topicName } from '../message-search.ts'
import { clusterProcedure, router } from '../trpc.ts'

/** Commits are at most so old. */
const SAMPLE_AGE_MS_MAX = 3_000

export const life = router({
  /** From any record of it; `effort` says how much is read for it. */
  get: clusterProcedure
    .input(
      z.object({
        topic: topicName,
        partition: partitionNumber,
        offset: offsetNumber,
        /** It waits: the offset is what its producer was answered. */
        isWaiting: z.boolean().default(false),
        effort: z.int().min(0).max(EFFORT_MAX).default(0),
      }),
    )
    .query(async ({ ctx, input: { topic, partition, offset, effort, isWaiting } }) => {
      const { cluster, settings, sampler } = ctx.session
      await using source = new MessageSource(settings, cluster)
      const [{ groups, commits }, admin] = await Promise.all([
        sampler.recent(SAMPLE_AGE_MS_MAX),
        findAdminListeners(cluster, settings.adminAddress).catch((error: Error) => ({ reason: error.message })),
      ])
      return messageLife(
        source,
        { topic, partition, offset },
        {
          groups,
          commits,
          admin,
          effort,
          isWaiting,
          historyOf: ({ topic, ...place }) => letterHistory(cluster, topic, place),
        },
      )
    }),
})
