'use client'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { Hourglass } from 'lucide-react'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { parseAsBoolean, parseAsInteger, parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs'
import { useCallback } from 'react'
import { PageBody } from '../../components/frame/page.tsx'
import { TitleRow } from '../../components/frame/title-row.tsx'
import { StateIcon } from '../../components/ui/badge.tsx'
import { Button } from '../../components/ui/button.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { FilterInput } from '../../components/ui/filter-input.tsx'
import { Bytes, Count, Exact, Unknown } from '../../components/ui/number.tsx'
import { PagedTable } from '../../components/ui/paged-table.tsx'
import { SilentBrokers } from '../../components/ui/silent-brokers.tsx'
import type { Column } from '../../components/ui/table.tsx'
import { Time } from '../../components/ui/time.tsx'
import { useReasonWords } from '../../lib/failure-words.tsx'
import { href } from '../../lib/href.ts'
import { liveInterval } from '../../lib/live-interval.ts'
import { exactNumber } from '../../lib/numbers.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { useKept } from '../../lib/use-kept.ts'
import { SectionTabs } from '../dead-letters/section-tabs.tsx'
import type { RetryTopicRow } from './outputs.ts'

const REFRESH_MS = 5_000
const PAGE_SIZE = 50
const parsers = {
  q: parseAsString.withDefault(''),
  sort: parseAsStringLiteral(['group', 'waiting', 'nextDue']).withDefault('nextDue'),
  desc: parseAsBoolean.withDefault(false),
  page: parseAsInteger.withDefault(1),
}

/** What waits for another try, by group. */
export function RetryList({ cluster }: { cluster: string }) {
  const t = useTranslations('retries')
  const letters = useTranslations('deadLetters')
  const frame = useTranslations('frame')
  const trpc = useTRPC()
  const [query, setQuery] = useQueryStates(parsers)
  const columns = useRetryTopicColumns(cluster)
  const input = {
    cluster,
    search: query.q.slice(0, 500),
    sort: query.sort,
    descending: query.desc,
    page: Math.max(0, query.page - 1),
    pageSize: PAGE_SIZE,
  }
  const onData = useKept(trpc.retries.list.queryKey(input))
  const live = useSubscription(trpc.retries.listLive.subscriptionOptions(input, { onData }))
  const refetchInterval = liveInterval(live, REFRESH_MS)
  const list = useQuery(trpc.retries.list.queryOptions(input, { placeholderData: keepPreviousData, refetchInterval }))
  const { data } = list
  const reasonWords = useReasonWords()
  const search = useCallback((q: string) => void setQuery({ q, page: 1 }), [setQuery])
  return (
    <>
      <TitleRow
        title={letters('title')}
        badges={
          data !== undefined &&
          data.reason === null && (
            <span className="text-meta text-muted">{t('counts', { waiting: exactNumber(data.waiting) })}</span>
          )
        }
      />
      <SectionTabs cluster={cluster} />
      {data?.reason == null && (
        <div className="flex flex-wrap items-center gap-4 border-b px-6 py-3 max-sm:px-4">
          <FilterInput label={t('filter')} value={query.q} onChange={search} className="w-72 max-sm:w-full" />
        </div>
      )}
      <PageBody>
        <SilentBrokers brokers={data?.silent} />
        {data !== undefined && data.reason !== null ? (
          <EmptyState icon={Hourglass} title={t('untold')}>
            {reasonWords(data.reason)}
          </EmptyState>
        ) : (
          <PagedTable<RetryTopicRow>
            label={t('title')}
            columns={columns}
            list={list}
            address={query}
            input={input}
            rowKey={(row) => row.topic}
            onSort={(by, desc) => setQuery({ sort: parsers.sort.parse(by), desc, page: 1 })}
            onPage={(page) => setQuery({ page }, { history: 'push' })}
            empty={
              query.q === '' ? (
                <EmptyState icon={Hourglass} title={t('empty.title')}>
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
        )}
      </PageBody>
    </>
  )
}

function useRetryTopicColumns(cluster: string): readonly Column<RetryTopicRow>[] {
  const t = useTranslations('retries')
  return [
    {
      id: 'group',
      header: t('column.group'),
      sortable: true,
      cell: (row) => (
        <Link
          href={href.retry(cluster, row.topic)}
          prefetch={false}
          title={row.topic}
          className="block min-w-0 truncate font-strong text-accent hover:underline"
        >
          {row.group}
        </Link>
      ),
    },
    {
      id: 'waiting',
      header: t('column.waiting'),
      align: 'right',
      sortable: true,
      cell: (row) => <Count value={row.waiting} />,
    },
    {
      id: 'nextDue',
      header: t('column.nextDue'),
      width: '176px',
      sortable: true,
      cell: (row) => (row.nextDueMs === null ? <Unknown /> : <Time at={row.nextDueMs} />),
    },
    {
      id: 'partitions',
      header: t('column.partitions'),
      align: 'right',
      narrow: 'hidden',
      cell: (row) => <Exact value={row.partitions} />,
    },
    {
      id: 'bytes',
      header: t('column.bytes'),
      align: 'right',
      narrow: 'hidden',
      cell: (row) => <Bytes value={row.bytes} />,
    },
    {
      id: 'refusals',
      header: t('column.refusals'),
      cell: (row) =>
        row.refusals.length > 0 && (
          <span className="inline-flex items-center gap-1 text-attention" title={row.refusals.join('\n')}>
            <StateIcon state="attention" />
            {row.refusals[0]}
          </span>
        ),
    },
  ]
}
