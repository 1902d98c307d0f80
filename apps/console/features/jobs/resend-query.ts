import { parseAsBoolean, parseAsFloat, parseAsInteger, parseAsString, parseAsStringLiteral } from 'nuqs'
import { type LetterQuery, letterQueryParsers, parseAsPlaces, selectionOf } from '../dead-letters/letter-query.ts'
import type { ResendQuestion } from './outputs.ts'

const { at: _, resume: __, n: ___, ...asked } = letterQueryParsers

export const targetKinds = ['retry', 'origin', 'topic'] as const

/** What the URL says of sending many again: which letters, where to, how carefully. */
export const resendQueryParsers = {
  ...asked,
  places: parseAsPlaces,
  failedOf: parseAsString,
  to: parseAsStringLiteral(targetKinds).withDefault('retry'),
  topic: parseAsString.withDefault(''),
  again: parseAsBoolean.withDefault(false),
  rate: parseAsFloat,
  /** How many go first, how long their return is waited for, and how many percent may come back. */
  canary: parseAsInteger,
  wait: parseAsInteger.withDefault(60),
  back: parseAsFloat.withDefault(10),
  /** Percent of failures at which it stops, once so many were sent. */
  stop: parseAsFloat,
  after: parseAsInteger.withDefault(20),
}

export interface ResendQuery extends Omit<LetterQuery, 'at' | 'resume' | 'n'> {
  readonly places: readonly { readonly partition: number; readonly offset: number }[] | null
  readonly failedOf: string | null
  readonly to: (typeof targetKinds)[number]
  readonly topic: string
  readonly again: boolean
  readonly rate: number | null
  readonly canary: number | null
  readonly wait: number
  readonly back: number
  readonly stop: number | null
  readonly after: number
}

/** The question as the API takes it; null while it is not complete. */
export function resendQuestion(cluster: string, topic: string, query: ResendQuery): ResendQuestion | null {
  const { places, failedOf, to, again, rate, canary, wait, back, stop, after } = query
  if (to === 'topic' && query.topic.trim() === '') return null
  if (places !== null && places.length === 0) return null
  const select =
    failedOf !== null
      ? ({ kind: 'failedOf', job: failedOf } as const)
      : places !== null
        ? ({ kind: 'places', places: places.map((place) => ({ ...place })) } as const)
        : selectionOf({ ...query, at: null, resume: null, n: 0 })
  return {
    cluster,
    topic,
    select,
    target: to === 'topic' ? { kind: to, topic: query.topic.trim() } : { kind: to },
    again,
    ...(rate !== null && { recordsPerSecond: within(rate, 0.1, 1_000_000) }),
    ...(canary !== null && {
      canary: {
        records: within(Math.round(canary), 1, 10_000),
        waitMs: within(Math.round(wait), 0, 86_400) * 1000,
        percentMax: within(back, 0, 100),
      },
    }),
    ...(stop !== null && { stop: { percent: within(stop, 0, 100), atLeast: within(Math.round(after), 1, 1_000_000) } }),
  }
}

function within(value: number, least: number, most: number): number {
  return Number.isFinite(value) ? Math.min(Math.max(value, least), most) : least
}
