import { createParser, parseAsInteger, parseAsString } from 'nuqs'
import { filterOf, type MessageQuery, messageQueryParsers } from '../messages/message-query.ts'

export const letterStates = ['new', 'resent', 'resolved'] as const
export type LetterStateKind = (typeof letterStates)[number]

/** Stands for what a letter does not say, in the address: no topic and no error is called so. */
export const UNTOLD = '~'

export interface LetterPlace {
  readonly partition: number
  readonly offset: number
}

/** `0:1.5-9,2:7`: offsets by partition, runs written as such. */
export const parseAsPlaces = createParser<readonly LetterPlace[]>({
  parse: (text) => {
    const places: LetterPlace[] = []
    for (const part of text.split(',')) {
      const match = /^(\d{1,7}):([\d.-]+)$/.exec(part)
      if (match === null) return null
      for (const run of match[2]!.split('.')) {
        const [first, last = first] = run.split('-').map(Number)
        if (first === undefined || last === undefined || !(last >= first) || last - first > PLACES_MAX) return null
        for (let offset = first; offset <= last; offset++) places.push({ partition: Number(match[1]), offset })
      }
    }
    return places.length > PLACES_MAX ? null : places
  },
  serialize: (places) => {
    const byPartition = Map.groupBy(places, ({ partition }) => partition)
    return [...byPartition]
      .map(([partition, all]) => `${partition}:${runsOf(all.map(({ offset }) => offset)).join('.')}`)
      .join(',')
  },
  eq: (one, other) => JSON.stringify(one) === JSON.stringify(other),
})

const PLACES_MAX = 10_000

/** Texts joined by commas, each encoded. */
const parseAsTexts = listOf((text) => text)
const parseAsCounts = listOf((text) => (/^\d{1,9}$/.test(text) ? Number(text) : null))
const parseAsStates = listOf((text) => letterStates.find((state) => state === text) ?? null)

/** What the URL of a topic's dead letters says: the filter of messages, and what is asked of their meaning. */
export const letterQueryParsers = {
  q: messageQueryParsers.q,
  f: messageQueryParsers.f,
  cel: messageQueryParsers.cel,
  n: messageQueryParsers.n,
  key: messageQueryParsers.key,
  value: messageQueryParsers.value,
  error: parseAsTexts.withDefault([]),
  origin: parseAsTexts.withDefault([]),
  tries: parseAsCounts.withDefault([]),
  state: parseAsStates.withDefault([]),
  since: parseAsInteger,
  until: parseAsInteger,
  resume: parseAsString,
  /** The letter whose panel is open: `3@1842`. */
  at: parseAsString,
}

export interface LetterQuery extends Pick<MessageQuery, 'q' | 'f' | 'cel' | 'n' | 'key' | 'value'> {
  readonly error: readonly string[]
  readonly origin: readonly string[]
  readonly tries: readonly number[]
  readonly state: readonly LetterStateKind[]
  readonly since: number | null
  readonly until: number | null
  readonly resume: string | null
  readonly at: string | null
}

/** What is asked of the meaning of letters, as the API takes it. */
export function whereOf({ error, origin, tries, state, since, until }: LetterQuery) {
  return {
    ...(error.length > 0 && { errorClasses: error.map(told) }),
    ...(origin.length > 0 && { originTopics: origin.map(told) }),
    ...(tries.length > 0 && { attempts: [...tries] }),
    ...(state.length > 0 && { states: [...state] }),
    ...(since !== null && { fromMs: since }),
    ...(until !== null && { toMs: until }),
  }
}

/** Whether anything narrows what is shown. */
export function isNarrowed(query: LetterQuery): boolean {
  return query.q !== '' || query.f.length > 0 || query.cel.trim() !== '' || Object.keys(whereOf(query)).length > 0
}

/** The same as a selection for a job: everything that matches, wherever it is. */
export function selectionOf(query: LetterQuery) {
  const decoders = { key: query.key, value: query.value }
  return { kind: 'query', filter: filterOf(query), decoders, where: whereOf(query) } as const
}

/** A letter query as one of messages, for the parts of the page that they share. */
export function asMessageQuery(query: LetterQuery): MessageQuery {
  return {
    ...query,
    from: { kind: 'newest' },
    to: { kind: 'now' },
    p: [],
    uncommitted: false,
    live: false,
  }
}

/** A change as the address's state takes it: what is empty leaves the address. */
export function asState(change: Partial<LetterQuery>): Partial<LetterQuery> {
  const emptied = Object.entries(change).map(([name, value]) => {
    const isEmpty = value === '' || (Array.isArray(value) && value.length === 0)
    return [name, isEmpty ? null : value]
  })
  return Object.fromEntries(emptied) as Partial<LetterQuery>
}

function told(text: string): string | null {
  return text === UNTOLD ? null : text
}

function listOf<Item extends string | number>(read: (text: string) => Item | null) {
  return createParser<readonly Item[]>({
    parse: (text) => {
      const items = text.split(',').map((part) => read(decoded(part)))
      return items.every((item) => item !== null) ? items : null
    },
    serialize: (items) => items.map((item) => encodeURIComponent(item)).join(','),
    eq: (one, other) => JSON.stringify(one) === JSON.stringify(other),
  })
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function runsOf(offsets: readonly number[]): string[] {
  const runs: { first: number; last: number }[] = []
  for (const offset of [...new Set(offsets)].toSorted((a, b) => a - b)) {
    const last = runs.at(-1)
    if (last !== undefined && last.last + 1 === offset) last.last = offset
    else runs.push({ first: offset, last: offset })
  }
  return runs.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`))
}
