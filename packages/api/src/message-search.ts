/** What a search of messages is, as it comes from outside: bounded, and by default the newest that are committed. */
import {
  decoderNames,
  exportFormats,
  fieldOperators,
  joinCel,
  type MessageFilter,
  SCAN_ROWS_MAX,
  type ScanRequest,
} from '@odradek/client'
import { z } from 'zod'

export const topicName = z.string().min(1).max(1000)
export const partitionNumber = z.int().min(0).max(1_000_000)
export const offsetNumber = z.int().min(0).max(Number.MAX_SAFE_INTEGER)
const timestamp = z.int().min(0).max(8_640_000_000_000_000)

export const decodersInput = z
  .object({ key: z.enum(decoderNames).default('auto'), value: z.enum(decoderNames).default('auto') })
  .default({ key: 'auto', value: 'auto' })

export const conditionInput = z.object({
  field: z.string().min(1).max(500),
  operator: z.enum(fieldOperators),
  value: z.string().max(1000),
})

export const filterInput = z
  .object({
    contains: z.string().max(1000).optional(),
    cel: z.string().max(8192).optional(),
    conditions: z.array(conditionInput).max(20).optional(),
  })
  .default({})

export const boundsInput = z.object({
  topic: topicName,
  partitions: z.array(partitionNumber).min(1).max(10_000).optional(),
  from: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('newest') }),
      z.object({ kind: z.literal('earliest') }),
      z.object({ kind: z.literal('offset'), offset: offsetNumber }),
      z.object({ kind: z.literal('time'), timestamp }),
    ])
    .default({ kind: 'newest' }),
  to: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('now') }),
      z.object({ kind: z.literal('offset'), offset: offsetNumber }),
      z.object({ kind: z.literal('time'), timestamp }),
    ])
    .default({ kind: 'now' }),
  readCommitted: z.boolean().default(true),
})

export const scanInput = boundsInput.extend({
  filter: filterInput,
  decoders: decodersInput,
  limit: z.int().min(1).max(SCAN_ROWS_MAX).default(100),
  resume: z.string().max(400_000).optional(),
})

/** Rows that one export may have. */
export const EXPORT_ROWS_MAX = 5_000_000

export const exportInput = boundsInput.extend({
  cluster: z.string().min(1).max(100),
  filter: filterInput,
  decoders: decodersInput,
  format: z.enum(exportFormats),
  limit: z.int().min(1).max(EXPORT_ROWS_MAX).default(EXPORT_ROWS_MAX),
})

/** The request without the fields that are undefined. */
export function scanRequest(
  input: Omit<z.output<typeof scanInput>, 'resume'> & { resume?: string | undefined },
): ScanRequest {
  const { partitions, filter, resume, ...rest } = input
  return {
    ...rest,
    filter: messageFilter(filter),
    ...(partitions !== undefined && { partitions }),
    ...(resume !== undefined && { resume }),
  }
}

/** The filter without the fields that are undefined; conditions become part of its CEL expression. */
export function messageFilter({ contains, cel, conditions }: z.output<typeof filterInput>): MessageFilter {
  const expression = joinCel(conditions ?? [], cel)
  return { ...(contains && { contains }), ...(expression !== undefined && { cel: expression }) }
}
