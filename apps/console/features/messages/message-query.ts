import { type DecoderName, decoderNames } from '@odradek/client/decoder-names'
import { type FieldCondition, fieldOperators } from '@odradek/client/field-condition'
import {
  createLoader,
  createParser,
  parseAsBoolean,
  parseAsInteger,
  parseAsString,
  parseAsStringLiteral,
} from 'nuqs/server'

export const decoders = decoderNames
export type Decoder = DecoderName

export type Condition = FieldCondition

/** A bound: a word, `time:<epoch ms>` or `offset:<n>`. */
export type Bound<Word extends string> =
  | { readonly kind: Word }
  | { readonly kind: 'time'; readonly timestamp: number }
  | { readonly kind: 'offset'; readonly offset: number }

const parseAsFrom = boundParser(['newest', 'earliest'] as const)
const parseAsTo = boundParser(['now'] as const)

/** Conditions as `field~operator~value`, each part encoded, joined by commas. */
const parseAsConditions = createParser<readonly Condition[]>({
  parse: (text) => {
    const conditions: Condition[] = []
    for (const part of text.split(',')) {
      const [field = '', operator, value = ''] = part.split('~').map(decoded)
      const known = fieldOperators.find((name) => name === operator)
      if (known !== undefined && field !== '') conditions.push({ field, operator: known, value })
    }
    return conditions
  },
  serialize: (conditions) =>
    conditions
      .map(({ field, operator, value }) => [field, operator, value].map((part) => escaped(part)).join('~'))
      .join(','),
  eq: (one, other) => JSON.stringify(one) === JSON.stringify(other),
})

const parseAsNumbers = createParser<readonly number[]>({
  parse: (text) => {
    const numbers = text.split(',').map(Number)
    return numbers.every((n) => Number.isSafeInteger(n) && n >= 0) ? numbers : null
  },
  serialize: (numbers) => numbers.join(','),
  eq: (one, other) => one.join() === other.join(),
})

/** What the URL of a topic's messages says: all that decides what is shown, so that it can be sent to a colleague. */
export const messageQueryParsers = {
  from: parseAsFrom.withDefault({ kind: 'newest' }),
  to: parseAsTo.withDefault({ kind: 'now' }),
  p: parseAsNumbers.withDefault([]),
  q: parseAsString.withDefault(''),
  f: parseAsConditions.withDefault([]),
  cel: parseAsString.withDefault(''),
  n: parseAsInteger.withDefault(100),
  key: parseAsStringLiteral(decoders).withDefault('auto'),
  value: parseAsStringLiteral(decoders).withDefault('auto'),
  uncommitted: parseAsBoolean.withDefault(false),
  live: parseAsBoolean.withDefault(false),
  /** Where an earlier search stopped. */
  resume: parseAsString,
  /** The message whose panel is open: `3@1842`. */
  at: parseAsString,
}

export const loadMessageQuery = createLoader(messageQueryParsers)

export const LIMITS = [50, 100, 500, 1000, 5000, 10_000] as const

export interface MessageQuery {
  readonly from: Bound<'newest' | 'earliest'>
  readonly to: Bound<'now'>
  readonly p: readonly number[]
  readonly q: string
  readonly f: readonly Condition[]
  readonly cel: string
  readonly n: number
  readonly key: Decoder
  readonly value: Decoder
  readonly uncommitted: boolean
  readonly live: boolean
  readonly resume: string | null
  readonly at: string | null
}

/** Bounds, partitions and isolation, as the API takes them. */
export function boundsOf(cluster: string, topic: string, query: MessageQuery) {
  return {
    cluster,
    topic,
    from: query.from,
    to: query.to,
    readCommitted: !query.uncommitted,
    ...(query.p.length > 0 && { partitions: [...query.p] }),
  }
}

export function filterOf({ q, f, cel }: Pick<MessageQuery, 'q' | 'f' | 'cel'>) {
  return {
    ...(q !== '' && { contains: q.slice(0, 1000) }),
    ...(f.length > 0 && { conditions: f.slice(0, 20).map((condition) => ({ ...condition })) }),
    ...(cel.trim() !== '' && { cel: cel.slice(0, 8192) }),
  }
}

/** What a search asks for, as the API takes it. */
export function scanQuestion(cluster: string, topic: string, query: MessageQuery) {
  return {
    ...boundsOf(cluster, topic, query),
    filter: filterOf(query),
    decoders: { key: query.key, value: query.value },
    limit: query.n,
  }
}

/** The newest without a filter read what they show; anything else may read everything there is. */
export function isNewest(query: MessageQuery): boolean {
  return query.from.kind === 'newest' && !isFiltered(query)
}

export function isFiltered({ q, f, cel }: Pick<MessageQuery, 'q' | 'f' | 'cel'>): boolean {
  return q !== '' || f.length > 0 || cel.trim() !== ''
}

/** `3@1842`, read. */
export function placeOf(text: string | null): { readonly partition: number; readonly offset: number } | null {
  const match = /^(\d{1,9})@(\d{1,16})$/.exec(text ?? '')
  if (match === null) return null
  const offset = Number(match[2])
  return Number.isSafeInteger(offset) ? { partition: Number(match[1]), offset } : null
}

function boundParser<Word extends string>(words: readonly Word[]) {
  return createParser<Bound<Word>>({
    parse: (text) => {
      const word = words.find((known) => known === text)
      if (word !== undefined) return { kind: word }
      const [kind, digits = ''] = text.split(':')
      const value = /^\d{1,16}$/.test(digits) ? Number(digits) : Number.NaN
      if (!Number.isSafeInteger(value)) return null
      if (kind === 'time') return { kind: 'time', timestamp: value }
      return kind === 'offset' ? { kind: 'offset', offset: value } : null
    },
    serialize: (bound) => {
      if ('timestamp' in bound) return `time:${bound.timestamp}`
      return 'offset' in bound ? `offset:${bound.offset}` : bound.kind
    },
    eq: (one, other) => JSON.stringify(one) === JSON.stringify(other),
  })
}

function escaped(text: string): string {
  return encodeURIComponent(text).replaceAll('~', '%7E')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
