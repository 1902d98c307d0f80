'use client'
import type { LetterFacets } from '@odradek/api'
import { useTranslations } from 'next-intl'
import { type ReactNode, useState } from 'react'
import { Button } from '../../components/ui/button.tsx'
import { Checkbox } from '../../components/ui/field.tsx'
import { Count } from '../../components/ui/number.tsx'
import { Skeleton } from '../../components/ui/skeleton.tsx'
import { exactNumber } from '../../lib/numbers.ts'
import { type LetterQuery, type LetterStateKind, letterStates, UNTOLD } from './letter-query.ts'
import { TimeFacet } from './time-facet.tsx'

const SHOWN_MAX = 12

type Change = (change: Partial<LetterQuery>) => void

/** What the letters are, counted: each value can be ticked, and then only those are shown. */
export function FacetColumn(props: { facets: LetterFacets | null; query: LetterQuery; onChange: Change }) {
  const { facets, query, onChange } = props
  const t = useTranslations('deadLetters')
  if (facets === null) return <Skeleton className="m-4 w-32" />
  return (
    <div className="flex flex-col gap-4 px-4 py-3">
      <p role="status" className="text-meta text-muted">
        {facets.isDone
          ? t('facet.counted', { letters: exactNumber(facets.letters) })
          : t('facet.counting', { scanned: exactNumber(facets.scanned), total: exactNumber(facets.total) })}
      </p>
      <Facet
        title={t('facet.state')}
        values={facets.states}
        chosen={query.state}
        word={(value) => t(`state.${value as LetterStateKind}`)}
        onChoose={(state) => onChange({ state: letterStates.filter((kind) => state.includes(kind)) })}
      />
      <Facet
        title={t('facet.error')}
        values={withUntold(facets.errorClasses)}
        chosen={query.error}
        word={(value) => (value === UNTOLD ? <em>{t('facet.noError')}</em> : value)}
        onChoose={(error) => onChange({ error })}
      />
      <Facet
        title={t('facet.origin')}
        values={withUntold(facets.originTopics)}
        chosen={query.origin}
        word={(value) => (value === UNTOLD ? <em>{t('facet.noOrigin')}</em> : value)}
        onChoose={(origin) => onChange({ origin })}
      />
      <Facet
        title={t('facet.attempts')}
        values={facets.attempts}
        chosen={query.tries.map(String)}
        onChoose={(tries) => onChange({ tries: tries.map(Number) })}
      />
      <TimeFacet facets={facets} since={query.since} until={query.until} onChange={onChange} />
    </div>
  )
}

function Facet(props: {
  title: string
  values: readonly { readonly value: string | null; readonly count: number }[]
  chosen: readonly string[]
  /** How a value is written; as it is, without. */
  word?(value: string): ReactNode
  onChoose(chosen: string[]): void
}) {
  const { title, values, chosen, word, onChoose } = props
  const t = useTranslations('deadLetters')
  const [isOpen, setIsOpen] = useState(false)
  const known = new Map(values.flatMap(({ value, count }) => (value === null ? [] : [[value, count] as const])))
  // What is chosen stays where it can be taken back, also when nothing has it any more.
  for (const value of chosen) if (!known.has(value)) known.set(value, 0)
  const shown = [...known].filter(([value], at) => isOpen || at < SHOWN_MAX || chosen.includes(value))
  if (known.size === 0) return null
  return (
    <fieldset className="flex min-w-0 flex-col gap-1">
      <legend className="mb-1 flex w-full items-center gap-2 font-strong">
        {title}
        {chosen.length > 0 && (
          <Button small kind="quiet" className="ml-auto" onClick={() => onChoose([])}>
            {t('facet.all')}
          </Button>
        )}
      </legend>
      {shown.map(([value, count]) => (
        <div key={value} className="flex min-w-0 items-center gap-2">
          <div className="min-w-0 flex-1 [&>label]:flex [&>label]:min-w-0">
            <Checkbox
              checked={chosen.includes(value)}
              onChange={(on) => onChoose(on ? [...chosen, value] : chosen.filter((one) => one !== value))}
            >
              <span className="min-w-0 truncate" title={value}>
                {word === undefined ? value : word(value)}
              </span>
            </Checkbox>
          </div>
          <span className="text-meta text-muted">
            <Count value={count} />
          </span>
        </div>
      ))}
      {shown.length < known.size && (
        <Button small kind="quiet" className="self-start" onClick={() => setIsOpen(true)}>
          {t('facet.more', { count: known.size - shown.length })}
        </Button>
      )}
    </fieldset>
  )
}

function withUntold(values: LetterFacets['originTopics']) {
  return values.map(({ value, count }) => ({ value: value ?? UNTOLD, count }))
}
