'use client'
import { keepPreviousData, skipToken, useQuery } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { MailX } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useQueryStates } from 'nuqs'
import { useCallback } from 'react'
import { PageBody } from '../../components/frame/page.tsx'
import { TitleRow } from '../../components/frame/title-row.tsx'
import { Button, ButtonLink } from '../../components/ui/button.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { Checkbox } from '../../components/ui/field.tsx'
import { FilterInput } from '../../components/ui/filter-input.tsx'
import { PagedTable } from '../../components/ui/paged-table.tsx'
import { href } from '../../lib/href.ts'
import { liveInterval } from '../../lib/live-interval.ts'
import { exactNumber } from '../../lib/numbers.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { useKept } from '../../lib/use-kept.ts'
import { useDeadLetterColumns } from './dead-letter-columns.tsx'
import { deadLetterQueryInput, deadLetterQueryParsers } from './dead-letter-query.ts'
import { SectionTabs } from './section-tabs.tsx'

const REFRESH_MS = 10_000
const SERIES_MS = 60_000

/** Every group with dead letters: how many, how fast, since when, mostly why. */
export function DeadLetterList({ cluster }: { cluster: string }) {
  const t = useTranslations('deadLetters')
  const frame = useTranslations('frame')
  const trpc = useTRPC()
  const [query, setQuery] = useQueryStates(deadLetterQueryParsers)
  const input = deadLetterQueryInput(cluster, query)
  const onData = useKept(trpc.deadLetters.list.queryKey(input))
  const live = useSubscription(trpc.deadLetters.listLive.subscriptionOptions(input, { onData }))
  const refetchInterval = liveInterval(live, REFRESH_MS)
  const list = useQuery(
    trpc.deadLetters.list.queryOptions(input, { placeholderData: keepPreviousData, refetchInterval }),
  )
  const { data } = list
  const topics = data?.rows.map(({ topic }) => topic).toSorted() ?? []
  const series = useQuery(
    trpc.deadLetters.series.queryOptions(topics.length === 0 ? skipToken : { cluster, topics }, {
      staleTime: SERIES_MS,
      placeholderData: keepPreviousData,
    }),
  )
  const columns = useDeadLetterColumns(cluster, series.data)
  const search = useCallback((q: string) => void setQuery({ q, page: 1 }), [setQuery])
  return (
    <>
      <TitleRow
        title={t('title')}
        badges={
          data !== undefined && (
            <span className="text-meta text-muted">
              {t('counts', { letters: exactNumber(data.letters), topics: data.topics, grown: exactNumber(data.grown) })}
            </span>
          )
        }
      />
      <SectionTabs cluster={cluster} />
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b px-6 py-3 max-sm:px-4">
        <FilterInput label={t('filter')} value={query.q} onChange={search} className="w-72 max-sm:w-full" />
        <Checkbox checked={query.empty} onChange={(empty) => setQuery({ empty, page: 1 })}>
          {t('empty.show')}
        </Checkbox>
      </div>
      <PageBody>
        <PagedTable
          label={t('title')}
          columns={columns}
          list={list}
          address={query}
          input={input}
          rowKey={(row) => row.topic}
          onSort={(by, desc) => setQuery({ sort: deadLetterQueryParsers.sort.parse(by), desc, page: 1 })}
          onPage={(page) => setQuery({ page }, { history: 'push' })}
          empty={
            query.q === '' ? (
              <EmptyState
                icon={MailX}
                title={t('empty.title')}
                action={<ButtonLink href={href.retries(cluster)}>{t('empty.retries')}</ButtonLink>}
              >
                {t('empty.about')}
              </EmptyState>
            ) : (
              <EmptyState
                title={t('empty.noMatch')}
                action={<Button onClick={() => setQuery({ q: '', page: 1 })}>{frame('table.clear')}</Button>}
              />
            )
          }
        />
      </PageBody>
    </>
  )
}
