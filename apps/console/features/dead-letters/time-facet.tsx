'use client'
import type { LetterFacets } from '@odradek/api'
import { useTranslations } from 'next-intl'
import { Button } from '../../components/ui/button.tsx'
import { cn } from '../../lib/cn.ts'
import { timeText } from '../../lib/times.ts'
import { useZone } from '../../lib/zone.tsx'
import type { LetterQuery } from './letter-query.ts'

const NO_TIMES = { startMs: 0, widthMs: 1, counts: [] as readonly number[] }

/** When letters came: a bar for each span, and a press on one shows only those of its span. */
export function TimeFacet(props: {
  facets: LetterFacets
  since: number | null
  until: number | null
  onChange(change: Partial<LetterQuery>): void
}) {
  const { facets, since, until, onChange } = props
  const t = useTranslations('deadLetters')
  const zone = useZone()
  const { startMs, widthMs, counts } = facets.times ?? NO_TIMES
  const most = Math.max(1, ...counts)
  const isChosen = since !== null || until !== null
  if (counts.length === 0 && !isChosen) return null
  return (
    <fieldset className="flex min-w-0 flex-col gap-1">
      <legend className="mb-1 flex w-full items-center gap-2 font-strong">
        {t('facet.time')}
        {isChosen && (
          <Button small kind="quiet" className="ml-auto" onClick={() => onChange({ since: null, until: null })}>
            {t('facet.all')}
          </Button>
        )}
      </legend>
      <div className="flex h-12 items-end gap-px border-b">
        {counts.map((count, at) => {
          const from = startMs + at * widthMs
          const inside = from + widthMs > (since ?? 0) && from < (until ?? Number.POSITIVE_INFINITY)
          const label = t('facet.span', {
            from: timeText(from, zone, 'minute'),
            to: timeText(from + widthMs, zone, 'minute'),
            count,
          })
          return (
            <button
              key={from}
              type="button"
              aria-label={label}
              data-tip={label}
              aria-pressed={isChosen && inside}
              disabled={count === 0}
              onClick={() => onChange({ since: Math.floor(from), until: Math.ceil(from + widthMs) })}
              className="flex h-full min-w-0 flex-1 items-end hover:bg-hover disabled:hover:bg-transparent"
            >
              <span
                className={cn('w-full', isChosen && !inside ? 'bg-line-strong' : 'bg-accent')}
                style={{ height: count === 0 ? 0 : `${Math.max(6, (count / most) * 100)}%` }}
              />
            </button>
          )
        })}
      </div>
      <p className="flex justify-between gap-2 whitespace-nowrap text-meta text-muted">
        <span>{counts.length > 0 && shortText(startMs, zone)}</span>
        <span>{counts.length > 0 && shortText(startMs + counts.length * widthMs, zone)}</span>
      </p>
    </fieldset>
  )
}

/** A moment in the width that a facet has: the bars' tooltips tell the year. */
function shortText(at: number, zone: string): string {
  return timeText(at, zone, 'minute').slice('2026-'.length)
}
