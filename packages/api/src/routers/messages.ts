/** Messages: found between two bounds, followed as they come, read one by one, produced. */
import {
  CelFilter,
  estimateScan,
  type MessageRow,
  MessageSource,
  PAYLOAD_BYTES,
  PAYLOAD_BYTES_MAX,
  payloadFormats,
  produceMessage,
  type ScanProgress,
  type TailReport,
} from '@odradek/client'
import { tracked } from '@trpc/server'
import { z } from 'zod'
import { messageDelivery } from '../message-delivery.ts'
import {
  boundsInput,
  decodersInput,
  filterInput,
  messageFilter,
  offsetNumber,
  partitionNumber,
  scanInput,
  scanRequest,
  topicName,
} from '../message-search.ts'
import { resumableScan, withFailures } from '../resumable-scan.ts'
import { clusterProcedure, router } from '../trpc.ts'

const payload = z.object({ format: z.enum(payloadFormats), text: z.string().max(2_000_000) })
const lastEventId = z.string().max(400_000).nullish()

export const messages = router({
  /** The newest messages, all at once: for previews and scripts. */
  sample: clusterProcedure
    .input(scanInput.omit({ resume: true }).extend({ limit: z.int().min(1).max(500).default(50) }))
    .query(async ({ ctx, input, signal }) => {
      const rows: MessageRow[] = []
      let progress: ScanProgress | null = null
      const job = { kind: 'scan', request: scanRequest(input) } as const
      for await (const event of ctx.console.scans.run(ctx.session.settings, job, signal)) {
        if (event.kind === 'rows') rows.push(...event.rows)
        if (event.kind === 'progress') progress = event.progress
      }
      return { rows, progress }
    }),

  /** Fields of the newest messages, with their types and some values: what a filter may name. */
  fields: clusterProcedure
    .input(z.object({ topic: topicName, decoders: decodersInput, messages: z.int().min(1).max(500).default(50) }))
    .query(async ({ ctx, input: { topic, decoders, messages } }) => {
      const found = await ctx.console.scans.fields(ctx.session.settings, { topic, decoders, messages })
      return { fields: found.fields, messages: found.messages }
    }),

  /** How much a scan would read. */
  estimate: clusterProcedure.input(boundsInput).query(async ({ ctx, input }) => {
    await using source = new MessageSource(ctx.session.settings, ctx.session.cluster)
    const { partitions, ...bounds } = input
    const { ranges: _, ...estimate } = await estimateScan(source, { ...bounds, ...(partitions && { partitions }) })
    return estimate
  }),

  /** Whether a CEL expression can be used, and if not why and where. */
  checkFilter: clusterProcedure.input(z.object({ cel: z.string().max(8192) })).query(({ input }) => {
    try {
      new CelFilter(input.cel, { key: 'auto', value: 'auto' }, { get: () => undefined })
      return { ok: true as const }
    } catch (error) {
      const column = error instanceof Error && 'column' in error ? Number(error.column) : 0
      return { ok: false as const, message: (error as Error).message, column }
    }
  }),

  /**
   * Messages that match, as they are found, and how far the search is. Taken up again where it was when the connection breaks:
   * rows since the last report may then come twice.
   */
  scan: clusterProcedure.input(scanInput.extend({ lastEventId })).subscription(({ ctx, input, signal }) =>
    resumableScan<MessageRow, typeof input>(
      input,
      (search) => ctx.console.scans.run(ctx.session.settings, { kind: 'scan', request: scanRequest(search) }, signal),
      (event) => (event.kind === 'rows' ? event.rows : null),
    ),
  ),

  /** What is written from now on and matches, at a bounded rate. Taken up again where it was when the connection breaks. */
  tail: clusterProcedure
    .input(
      boundsInput.pick({ topic: true, partitions: true, readCommitted: true }).extend({
        filter: filterInput,
        decoders: decodersInput,
        rowsPerSecondMax: z.int().min(1).max(200).default(100),
        lastEventId,
      }),
    )
    .subscription(async function* ({ ctx, input, signal }) {
      const { lastEventId: last, partitions, filter, ...rest } = input
      const job = {
        kind: 'tail',
        request: {
          ...rest,
          filter: messageFilter(filter),
          ...(partitions && { partitions }),
          ...(last && { position: last }),
        },
      } as const
      for await (const event of withFailures(ctx.console.scans.run(ctx.session.settings, job, signal))) {
        if (event.kind === 'tail') yield tracked(event.report.position, event.report satisfies TailReport)
      }
    }),

  /** One message in full, or what is at its offset instead. */
  get: clusterProcedure
    .input(
      z.object({
        topic: topicName,
        partition: partitionNumber,
        offset: offsetNumber,
        decoders: decodersInput,
        bytesMax: z.int().min(1).max(PAYLOAD_BYTES_MAX).default(PAYLOAD_BYTES),
      }),
    )
    .query(({ ctx, input: { cluster: _, ...job } }) => ctx.console.scans.get(ctx.session.settings, job)),

  /** Which groups have read it, and which have not yet. */
  delivery: clusterProcedure
    .input(z.object({ topic: topicName, partition: partitionNumber, offset: offsetNumber }))
    .query(({ ctx, input }) => messageDelivery(ctx.session, input)),

  /** Writes one message. */
  produce: clusterProcedure
    .input(
      z.object({
        topic: topicName,
        partition: partitionNumber.optional(),
        key: payload,
        value: payload,
        headers: z
          .array(z.object({ key: z.string().max(1000), value: payload }))
          .max(200)
          .default([]),
        timestamp: z.int().min(0).max(8_640_000_000_000_000).optional(),
        codec: z.enum(['none', 'gzip', 'snappy', 'lz4', 'zstd']).default('none'),
      }),
    )
    .mutation(async ({ ctx, input: { cluster: _, partition, timestamp, ...input } }) => {
      ctx.note({ resource: `topic ${input.topic}` })
      const produced = await produceMessage(ctx.session.cluster, {
        ...input,
        ...(partition !== undefined && { partition }),
        ...(timestamp !== undefined && { timestamp }),
      })
      ctx.note({ after: produced })
      return produced
    }),
})
