import type { Contestant } from '../contestant.ts'
import type { LoadFigures } from '../load/load.ts'
import type { LoadResult } from '../measure-rows.ts'
import { type Spread, spreadOf } from '../spread.ts'
import { numberText, spreadText } from './number-text.ts'
import { markdownTable } from './table.ts'

type Name = Contestant['name']

const COLUMNS: readonly (readonly [title: string, figure: keyof LoadFigures])[] = [
  ['MB/s', 'megabytesPerSecond'],
  ['requests/s', 'requestsPerSecond'],
  ['p50 ms', 'p50'],
  ['p99 ms', 'p99'],
  ['p99.9 ms', 'p999'],
  ['CPU s/GB', 'serverCpuSecondsPerGigabyte'],
  ['peak MB', 'serverPeakMegabytes'],
  ['generator CPU %', 'ownCpuPercent'],
  ['generator late p99 ms', 'ownLatenessP99'],
  ['other CPU %', 'otherCpuPercent'],
]

const RATIOS: readonly (readonly [title: string, figure: keyof LoadFigures])[] = [
  ['MB/s', 'megabytesPerSecond'],
  ['CPU s/GB', 'serverCpuSecondsPerGigabyte'],
  ['p99', 'p99'],
]

/** The figures of one contestant over the rounds of a row. */
export function spreadsOf(rounds: readonly LoadFigures[]): Record<keyof LoadFigures, Spread> {
  const figures = Object.keys(rounds[0]!) as (keyof LoadFigures)[]
  return Object.fromEntries(
    figures.map((figure) => [figure, spreadOf(rounds.map((round) => round[figure]))]),
  ) as Record<keyof LoadFigures, Spread>
}

/** The broker's figure over another's, round by round. */
export function ratioOf(result: LoadResult, other: Name, figure: keyof LoadFigures): Spread | null {
  const broker = result.rounds.get('broker')
  const against = result.rounds.get(other)
  if (!broker || !against) return null
  return spreadOf(broker.map((round, index) => round[figure] / against[index]![figure]))
}

/** All figures, a line for each contestant of each row. */
export function figuresTable(results: readonly LoadResult[]): string {
  const rows = results.flatMap(({ row, rounds }) =>
    [...rounds].map(([name, figures], index) => {
      const spreads = spreadsOf(figures)
      return [index === 0 ? row.name : '', name, ...COLUMNS.map(([, figure]) => spreadText(spreads[figure]))]
    }),
  )
  return markdownTable(['median (min–max)', 'server', ...COLUMNS.map(([title]) => title)], rows)
}

/** The broker over the reference and over the peer. */
export function ratiosTable(results: readonly LoadResult[]): string {
  const others = (['reference', 'peer'] as const).filter((name) => results.some(({ rounds }) => rounds.has(name)))
  const head = others.flatMap((other) => RATIOS.map(([title]) => `${title} / ${other}`))
  const rows = results.map((result) => [
    result.row.name,
    ...others.flatMap((other) =>
      RATIOS.map(([, figure]) => {
        const ratio = ratioOf(result, other, figure)
        return ratio === null ? '–' : spreadText(ratio)
      }),
    ),
  ])
  return markdownTable(['broker over', ...head], rows)
}

/** One line for whoever watches. */
export function progressLine({ row, rounds }: LoadResult): string {
  const parts = [...rounds].map(([name, figures]) => {
    const { megabytesPerSecond, serverCpuSecondsPerGigabyte, p99 } = spreadsOf(figures)
    return `${name} ${numberText(megabytesPerSecond.median)} MB/s, ${numberText(serverCpuSecondsPerGigabyte.median)} s/GB, p99 ${numberText(p99.median)} ms`
  })
  return `${row.name}: ${parts.join(' · ')}`
}
