import { parseAsArrayOf, parseAsBoolean, parseAsInteger, parseAsNativeArrayOf, parseAsString } from 'nuqs'

/** What the URL of the moves says: whether one is planned, of which topics, onto which brokers. */
export const moveQueryParsers = {
  plan: parseAsBoolean.withDefault(false),
  topic: parseAsNativeArrayOf(parseAsString).withDefault([]),
  /** The brokers that are to have the partitions; none: all that are there. */
  brokers: parseAsArrayOf(parseAsInteger).withDefault([]),
  /** A broker that is to be left: all others are to have them. */
  without: parseAsInteger,
  replicas: parseAsInteger,
  /** Megabytes a second. */
  limit: parseAsInteger,
}

export interface MoveQuery {
  readonly plan: boolean
  readonly topic: string[]
  readonly brokers: number[]
  readonly without: number | null
  readonly replicas: number | null
  readonly limit: number | null
}

/** Bytes a second that are copied at most; null: as fast as it goes. */
export function limitOf({ limit }: MoveQuery): number | null {
  return limit !== null && limit > 0 && limit <= 100_000 ? limit * 1_000_000 : null
}

/** The question as the API takes it; null where it asks for nothing. */
export function moveQuestion(cluster: string, query: MoveQuery, alive: readonly number[]) {
  const chosen = chosenBrokers(query, alive)
  if (alive.length === 0 || chosen.length === 0) return null
  const isAll = chosen.length === alive.length && query.brokers.length === 0
  return {
    cluster,
    topics: query.topic.length === 0 ? null : [...query.topic],
    brokers: isAll ? null : [...chosen],
    replicas: query.replicas !== null && query.replicas > 0 && query.replicas <= 100 ? query.replicas : null,
  }
}

export function chosenBrokers({ brokers, without }: MoveQuery, alive: readonly number[]): readonly number[] {
  if (brokers.length > 0) return brokers.filter((id) => alive.includes(id))
  return alive.filter((id) => id !== without)
}
