import { createLoader, parseAsInteger, parseAsString, parseAsStringLiteral } from 'nuqs/server'

export const partitionChoices = [
  'faulty',
  'leaderless',
  'underMinIsr',
  'underReplicated',
  'notPreferred',
  'moving',
  'all',
] as const

/** What the URL of the list of partitions says. */
export const partitionQueryParsers = {
  only: parseAsStringLiteral(partitionChoices).withDefault('faulty'),
  q: parseAsString.withDefault(''),
  page: parseAsInteger.withDefault(1),
  /** The partition that is open: `orders-3`. */
  at: parseAsString,
}

export const loadPartitionQuery = createLoader(partitionQueryParsers)
export type PartitionQuery = Awaited<ReturnType<typeof loadPartitionQuery>>

export const PAGE_SIZE = 100

export function partitionQueryInput(cluster: string, { only, q, page }: PartitionQuery) {
  return {
    cluster,
    only,
    search: q.slice(0, 500),
    page: Math.min(Math.max(page - 1, 0), 1_000_000),
    pageSize: PAGE_SIZE,
  }
}

/** The partition behind its name; a topic's own name may end with a number too. */
export function placeOfName(name: string | null): { topic: string; partition: number } | null {
  const match = /^(.+)-(\d{1,7})$/s.exec(name ?? '')
  return match === null ? null : { topic: match[1] ?? '', partition: Number(match[2]) }
}
