'use client'
import { useQuery } from '@tanstack/react-query'
import { FileQuestion, MailX, SearchX, ShieldOff } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useTranslations } from 'next-intl'
import { useQueryStates } from 'nuqs'
import { useCallback, useEffect, useState } from 'react'
import { useForbidden } from '../../components/frame/shell.tsx'
import { Button, ButtonLink } from '../../components/ui/button.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { PanelPlace } from '../../components/ui/panel-place.tsx'
import { QueryError, ToldFailure } from '../../components/ui/query-error.tsx'
import { Select } from '../../components/ui/select.tsx'
import { Table } from '../../components/ui/table.tsx'
import { apiError } from '../../lib/api-error.ts'
import { href } from '../../lib/href.ts'
import { exactNumber } from '../../lib/numbers.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { FilterBar } from '../messages/filter-bar.tsx'
import { LIMITS, type MessageQuery } from '../messages/message-query.ts'
import { placeText } from '../messages/outputs.ts'
import { ScanStatus } from '../messages/scan-status.tsx'
import { SearchBox } from '../messages/search-box.tsx'
import { useChosenRow } from '../messages/use-chosen-row.ts'
import { FacetColumn } from './facet-column.tsx'
import { useLetterColumns } from './letter-columns.tsx'
import { asMessageQuery, asState, isNarrowed, type LetterQuery, letterQueryParsers } from './letter-query.ts'
import { LetterTitle } from './letter-title.tsx'
import type { LetterRow } from './outputs.ts'
import { useFacets } from './use-facets.ts'
import { useLetters } from './use-letters.ts'
import { useLettersChanged } from './use-letters-changed.ts'

const LetterPanel = dynamic(async () => (await import('./letter-panel.tsx')).LetterPanel, {
  ssr: false,
  loading: PanelPlace,
})

/** The dead letters of one topic: what they are, counted; found; looked at; sent again. All that is shown is in the address. */
export function LettersPage({ cluster, topic }: { cluster: string; topic: string }) {
  const t = useTranslations('deadLetters')
  const words = useTranslations('messages')
  const trpc = useTRPC()
  const [query, setQuery] = useQueryStates(letterQueryParsers)
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set())
  const forbidden = useForbidden('payloads')
  const mayRead = forbidden === undefined
  const about = useQuery(trpc.deadLetters.get.queryOptions({ cluster, topic }, { refetchInterval: 10_000 }))
  const letters = useLetters(cluster, topic, query, mayRead)
  const counts = useFacets(cluster, topic, query, mayRead)
  const columns = useLetterColumns()
  const changed = useLettersChanged()
  const { rows, error } = letters
  const change = useCallback(
    (next: Partial<LetterQuery>) => {
      setSelection(new Set())
      void setQuery({ ...asState(next), resume: null }, { history: 'push' })
    },
    [setQuery],
  )
  const row = useChosenRow(
    rows,
    query.at,
    useCallback((at) => void setQuery({ at }), [setQuery]),
    useCallback(({ partition, offset }) => href.letter(cluster, topic, partition, offset), [cluster, topic]),
  )
  const isWaiting = rows.length === 0 && error === null && (letters.running || letters.progress === null)
  const before = useRowsBefore(topic, rows, isWaiting)
  const isMissing = about.error !== null && apiError(about.error).code === 'NOT_FOUND'
  const refresh = () => {
    letters.restart()
    counts.recount()
    changed()
  }
  if (isMissing) {
    return (
      <EmptyState
        icon={FileQuestion}
        title={t('missing', { topic })}
        action={<ButtonLink href={href.deadLetters(cluster)}>{t('title')}</ButtonLink>}
      />
    )
  }
  const filterProblem =
    error !== null && query.cel !== '' && apiError(error).code === 'BAD_REQUEST' ? apiError(error).message : null
  const shared = asMessageQuery(query)
  const changeShared = (next: Partial<MessageQuery>) => {
    const { q, f, cel, n, key, value } = next
    const changed = { q, f, cel, n, key, value }
    change(Object.fromEntries(Object.entries(changed).filter(([, given]) => given !== undefined)))
  }
  return (
    <>
      <LetterTitle
        cluster={cluster}
        topic={topic}
        about={about.data}
        query={query}
        matching={matchingOf(query, counts.facets, letters)}
        selection={selection}
        onUnselect={() => setSelection(new Set())}
        onChanged={refresh}
      />
      <QueryError className="m-4" query={about} />
      {!mayRead ? (
        <EmptyState icon={ShieldOff} title={words('empty.forbidden')}>
          {forbidden}
        </EmptyState>
      ) : (
        <div className="flex min-h-0 flex-1">
          <aside aria-label={t('facet.label')} className="w-60 shrink-0 overflow-y-auto border-r max-lg:hidden">
            <FacetColumn facets={counts.facets} query={query} onChange={change} />
          </aside>
          <div className="flex min-h-0 min-w-0 flex-1 flex-col">
            <div className="flex flex-col gap-2 border-b px-6 py-3 max-sm:px-4">
              <div className="flex flex-wrap items-center gap-2 max-sm:[&>form]:basis-full">
                <SearchBox
                  cluster={cluster}
                  topic={topic}
                  text={query.q}
                  onText={(q) => change({ q })}
                  onKey={(key) =>
                    change({ q: '', f: [...query.f, { field: 'keyText', operator: '==', value: JSON.stringify(key) }] })
                  }
                  onPlace={(partition, offset) => row.select({ partition, offset: Number(offset) })}
                  onTime={(since) => change({ since, until: null })}
                />
                <Select
                  label={words('limit')}
                  value={String(query.n)}
                  onChange={(n) => change({ n: Number(n) })}
                  options={[...new Set([...LIMITS, query.n])].map((n) => ({
                    value: String(n),
                    label: words('rows', { count: exactNumber(n) }),
                  }))}
                />
              </div>
              <FilterBar
                cluster={cluster}
                topic={topic}
                query={shared}
                problem={filterProblem}
                onChange={changeShared}
              />
              <details className="lg:hidden">
                <summary className="text-meta">{t('facet.label')}</summary>
                <FacetColumn facets={counts.facets} query={query} onChange={change} />
              </details>
            </div>
            <ScanStatus
              scan={letters}
              found={rows.length}
              onResume={() => {
                void setQuery({ resume: letters.progress?.resume ?? null })
                letters.resume()
              }}
            />
            <ToldFailure error={about.error}>
              {filterProblem === null && (
                <QueryError className="m-4" query={{ error, isFetching: false, refetch: letters.restart }} />
              )}
              {error === null && (
                <QueryError
                  className="m-4"
                  query={{ error: counts.error, isFetching: false, refetch: counts.recount }}
                />
              )}
            </ToldFailure>
            <Table<LetterRow>
              label={t('letters')}
              className="flex-1"
              columns={columns}
              rows={isWaiting ? before : rows}
              stale={isWaiting && before !== undefined}
              rowKey={placeText}
              rowLabel={placeText}
              onOpen={row.select}
              openKey={query.at}
              selection={selection}
              onSelection={setSelection}
              empty={
                error === null &&
                (isNarrowed(query) ? (
                  <EmptyState
                    icon={SearchX}
                    title={t('empty.noLetterMatches')}
                    action={<Button onClick={() => change(NOTHING_ASKED)}>{words('empty.clear')}</Button>}
                  />
                ) : (
                  <EmptyState icon={MailX} title={t('empty.noLetters')}>
                    {t('empty.about')}
                  </EmptyState>
                ))
              }
            />
          </div>
          {row.place !== null && (
            <LetterPanel
              place={{ cluster, topic, ...row.place }}
              decoders={{ key: query.key, value: query.value }}
              onClose={() => row.select(null)}
              onWalk={row.walk}
              onOpenPage={row.openPage}
              onChanged={refresh}
              onFilter={(condition) => change({ f: [...query.f, condition] })}
            />
          )}
        </div>
      )}
    </>
  )
}

/** What was shown before a search began anew: it stays, dimmed, until something is found. */
function useRowsBefore(
  topic: string,
  rows: readonly LetterRow[],
  isWaiting: boolean,
): readonly LetterRow[] | undefined {
  const [shown, setShown] = useState<{ readonly topic: string; readonly rows: readonly LetterRow[] } | null>(null)
  useEffect(() => {
    if (!isWaiting) setShown({ topic, rows })
  }, [topic, rows, isWaiting])
  return shown?.topic === topic && shown.rows.length > 0 ? shown.rows : undefined
}

const NOTHING_ASKED: Partial<LetterQuery> = {
  q: '',
  f: [],
  cel: '',
  error: [],
  origin: [],
  tries: [],
  state: [],
  since: null,
  until: null,
}

/** How many letters match as far as that is known: counted, or found to the end. */
function matchingOf(
  query: LetterQuery,
  facets: { readonly letters: number; readonly isDone: boolean } | null,
  { progress }: { readonly progress: { readonly matched: number; readonly end: string | null } | null },
): number | null {
  if (progress?.end === 'end') return progress.matched
  const isChosen = [query.error, query.origin, query.tries, query.state].some((chosen) => chosen.length > 0)
  if (isChosen || query.since !== null || query.until !== null) return null
  return facets?.isDone === true ? facets.letters : null
}
