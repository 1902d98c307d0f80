/** A search of dead letters as it comes from outside: one of messages, and what is asked of their meaning. */
import type { LetterScanRequest, LetterWhere, ResendRequest } from '@odradek/client'
import { payloadFormats } from '@odradek/client'
import { z } from 'zod'
import {
  decodersInput,
  filterInput,
  messageFilter,
  offsetNumber,
  partitionNumber,
  scanInput,
  scanRequest,
  topicName,
} from '../message-search.ts'

const epochMs = z.int().min(0).max(8_640_000_000_000_000)

export const letterPlace = z.object({ partition: partitionNumber, offset: offsetNumber })
/** As many letters as can be named one by one. */
export const letterPlaces = z.array(letterPlace).min(1).max(10_000)

export const whereInput = z
  .object({
    errorClasses: z.array(z.string().max(1000).nullable()).max(100).optional(),
    originTopics: z.array(z.string().max(1000).nullable()).max(100).optional(),
    attempts: z.array(z.int().min(0).max(1_000_000_000)).max(100).optional(),
    fromMs: epochMs.optional(),
    toMs: epochMs.optional(),
    states: z
      .array(z.enum(['new', 'resent', 'resolved']))
      .max(3)
      .optional(),
  })
  .default({})

export const letterScanInput = scanInput.extend({ where: whereInput })

export const selectInput = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('places'), places: letterPlaces }),
  z.object({ kind: z.literal('query'), filter: filterInput, decoders: decodersInput, where: whereInput }),
  z.object({ kind: z.literal('failedOf'), job: z.string().min(1).max(200) }),
])

export const targetInput = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('retry') }),
  z.object({ kind: z.literal('origin') }),
  z.object({ kind: z.literal('topic'), topic: topicName }),
])

const percent = z.number().min(0).max(100)

/** What is resent, where to, and how carefully. */
export const resendInput = z.object({
  topic: topicName,
  select: selectInput,
  target: targetInput.default({ kind: 'retry' }),
  /** Also letters that were resent before, or are resolved. */
  again: z.boolean().default(false),
  recordsPerSecond: z.number().min(0.1).max(1_000_000).optional(),
  canary: z
    .object({
      records: z.int().min(1).max(10_000),
      waitMs: z
        .int()
        .min(0)
        .max(24 * 3_600_000),
      percentMax: percent,
    })
    .optional(),
  stop: z.object({ percent, atLeast: z.int().min(1).max(1_000_000) }).optional(),
})

const payload = z.object({ format: z.enum(payloadFormats), text: z.string().max(2_000_000) })

/** What is changed of a letter before it is sent again; what is left out stays as it is. */
export const editInput = z.object({
  key: payload.optional(),
  value: payload.optional(),
  headers: z
    .array(z.object({ key: z.string().max(1000), value: payload }))
    .max(200)
    .optional(),
})

/** The request without the fields that are undefined. */
export function letterScanRequest(
  input: Omit<z.output<typeof letterScanInput>, 'resume'> & { resume?: string | undefined },
): LetterScanRequest {
  const { where, ...search } = input
  const found = letterWhere(where)
  return { ...scanRequest(search), ...(found !== undefined && { where: found }) }
}

export function resendRequest(
  input: z.output<typeof resendInput>,
  by: string,
  more: Pick<ResendRequest, 'id' | 'edit' | 'mayCopy'> = {},
): ResendRequest {
  const { topic, select, target, again, recordsPerSecond, canary, stop } = input
  return {
    topic,
    select: selectOf(select),
    target,
    again,
    by,
    ...more,
    ...(recordsPerSecond !== undefined && { recordsPerSecond }),
    ...(canary !== undefined && { canary }),
    ...(stop !== undefined && { stop }),
  }
}

function selectOf(select: z.output<typeof selectInput>): ResendRequest['select'] {
  if (select.kind !== 'query') return select
  const where = letterWhere(select.where)
  const { decoders, filter } = select
  return { kind: 'query', decoders, filter: messageFilter(filter), ...(where !== undefined && { where }) }
}

/** Only what narrows; undefined where nothing does. */
function letterWhere(where: z.output<typeof whereInput>): LetterWhere | undefined {
  const given = Object.entries(where).filter(([, value]) => {
    return value !== undefined && !(Array.isArray(value) && value.length === 0)
  })
  return given.length === 0 ? undefined : (Object.fromEntries(given) as LetterWhere)
}
