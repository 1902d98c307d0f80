/** The list of groups with dead letters: searched, sorted and paged here. */
import type { DeadLetterDesk, DeadLetterPlace } from './dead-letter-desk.ts'

export const deadLetterSorts = ['group', 'depth', 'grown', 'oldest', 'newest'] as const
export type DeadLetterSort = (typeof deadLetterSorts)[number]

export interface DeadLetterRow {
  readonly topic: string
  /** null: nothing tells whose they are. */
  readonly group: string | null
  /** Who wrote them, as their headers or the topic's name say. */
  readonly convention: DeadLetterPlace['convention']
  readonly knownBy: DeadLetterPlace['knownBy']
  readonly depth: number
  /** A partition cannot be asked: there may be more than is told. */
  readonly isPartial: boolean
  /** Letters of the last 24 hours. */
  readonly grown: number
  readonly oldestMs: number | null
  readonly newestMs: number | null
  /** The most frequent error among the newest; null where it is not known or may not be read. */
  readonly topError: string | null
}

export interface DeadLetterQuery {
  readonly search: string
  readonly sort: DeadLetterSort
  readonly descending: boolean
  readonly page: number
  readonly pageSize: number
  /** Also topics that are empty. */
  readonly empty: boolean
}

export interface DeadLetterPage {
  readonly rows: readonly DeadLetterRow[]
  readonly total: number
  /** Over all topics, not only those that match. */
  readonly letters: number
  readonly grown: number
  readonly topics: number
}

export async function listDeadLetterRows(
  desk: DeadLetterDesk,
  query: DeadLetterQuery,
  maySeeErrors: boolean,
): Promise<DeadLetterPage> {
  const places = await desk.places()
  const words = query.search.toLowerCase().split(/\s+/).filter(Boolean)
  const matching = places.filter(({ topic, group, depth }) => {
    const text = `${group ?? ''} ${topic}`.toLowerCase()
    return (query.empty || depth > 0) && words.every((word) => text.includes(word))
  })
  const direction = query.descending ? -1 : 1
  matching.sort((a, b) => {
    const [x, y] = [keyOf(a, query.sort), keyOf(b, query.sort)]
    if (x === y) return a.topic < b.topic ? -1 : 1
    if (x === null || y === null) return x === null ? 1 : -1
    return direction * (x < y ? -1 : 1)
  })
  const from = query.page * query.pageSize
  const rows = matching.slice(from, from + query.pageSize).map((place) => rowOf(place, maySeeErrors))
  return { rows, total: matching.length, ...totalsOf(places) }
}

/** How many there are altogether, and in how many topics. */
export function totalsOf(places: readonly DeadLetterPlace[]): { letters: number; grown: number; topics: number } {
  const filled = places.filter(({ depth }) => depth > 0)
  return {
    letters: filled.reduce((sum, { depth }) => sum + depth, 0),
    grown: filled.reduce((sum, { grown }) => sum + grown, 0),
    topics: filled.length,
  }
}

export function rowOf(place: DeadLetterPlace, maySeeErrors: boolean): DeadLetterRow {
  const { topic, group, convention, knownBy, depth, isPartial, grown, oldestMs, newestMs, topError } = place
  const error = maySeeErrors ? (topError?.split('\n', 1)[0] ?? null) : null
  return { topic, group, convention, knownBy, depth, isPartial, grown, oldestMs, newestMs, topError: error }
}

function keyOf(place: DeadLetterPlace, sort: DeadLetterSort): string | number | null {
  switch (sort) {
    case 'group':
      return place.group ?? place.topic
    case 'depth':
      return place.depth
    case 'grown':
      return place.grown
    case 'oldest':
      return place.oldestMs
    case 'newest':
      return place.newestMs
    default:
      return sort satisfies never
  }
}
