import {
  createLoader,
  parseAsBoolean,
  parseAsInteger,
  parseAsNumberLiteral,
  parseAsString,
  parseAsStringLiteral,
} from 'nuqs/server'

export const HORIZONS = [24, 168, 720] as const

/** What the URL of the forecast by topic says. */
export const forecastQueryParsers = {
  hours: parseAsNumberLiteral(HORIZONS).withDefault(24),
  q: parseAsString.withDefault(''),
  sort: parseAsStringLiteral(['topic', 'bytes', 'next', 'going', 'dirty']).withDefault('topic'),
  desc: parseAsBoolean.withDefault(false),
  page: parseAsInteger.withDefault(1),
  /** The topic whose panel is open. */
  topic: parseAsString,
}

export const loadForecastQuery = createLoader(forecastQueryParsers)

export type ForecastQuery = Awaited<ReturnType<typeof loadForecastQuery>>

export const FORECAST_PAGE_SIZE = 100

export function forecastInput(cluster: string, query: ForecastQuery) {
  return {
    cluster,
    horizon: query.hours,
    search: query.q.slice(0, 500),
    sort: query.sort,
    descending: query.desc,
    page: Math.min(Math.max(query.page - 1, 0), 1_000_000),
    pageSize: FORECAST_PAGE_SIZE,
  }
}
