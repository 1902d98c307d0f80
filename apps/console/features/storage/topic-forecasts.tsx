'use client'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { useQueryStates } from 'nuqs'
import { useCallback } from 'react'
import { Button } from '../../components/ui/button.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { FilterInput } from '../../components/ui/filter-input.tsx'
import { Bytes, Exact, Unknown } from '../../components/ui/number.tsx'
import { Pager } from '../../components/ui/pager.tsx'
import { QueryError } from '../../components/ui/query-error.tsx'
import { Select } from '../../components/ui/select.tsx'
import { type Column, Table } from '../../components/ui/table.tsx'
import { Time } from '../../components/ui/time.tsx'
import { href } from '../../lib/href.ts'
import { liveInterval } from '../../lib/live-interval.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { useKept } from '../../lib/use-kept.ts'
import { ForecastPanel } from './forecast-panel.tsx'
import { FORECAST_PAGE_SIZE, forecastInput, forecastQueryParsers, HORIZONS } from './forecast-query.ts'
import type { TopicRow } from './outputs.ts'
import { STORAGE_REFRESH_MS } from './storage-frame.tsx'

/** What waits is kept in topics of this name, which no list of clients has. */
const INTAKE_PREFIX = '__intake.'

/** By topic what goes next, when and why, or why nothing does; a row opens with every step. */
export function TopicForecasts({ cluster }: { cluster: string }) {
  const t = useTranslations('storage')
  const frame = useTranslations('frame')
  const trpc = useTRPC()
  const [query, setQuery] = useQueryStates(forecastQueryParsers)
  const search = useCallback((q: string) => void setQuery({ q, page: 1 }), [setQuery])
  const input = forecastInput(cluster, query)
  const onData = useKept(trpc.storage.topics.queryKey(input))
  const live = useSubscription(trpc.storage.topicsLive.subscriptionOptions(input, { onData }))
  const list = useQuery(
    trpc.storage.topics.queryOptions(input, {
      refetchInterval: liveInterval(live, STORAGE_REFRESH_MS),
      placeholderData: keepPreviousData,
    }),
  )
  const rows = list.data?.rows
  const columns: readonly Column<TopicRow>[] = [
    {
      id: 'topic',
      header: t('column.topic'),
      sortable: true,
      cell: (row) =>
        row.topic.startsWith(INTAKE_PREFIX) ? (
          <span className="block min-w-0 truncate text-muted" title={row.topic}>
            {row.topic}
          </span>
        ) : (
          <Link
            href={href.topic(cluster, row.topic, 'configuration')}
            prefetch={false}
            title={row.topic}
            className="block min-w-0 truncate font-strong text-accent hover:underline"
          >
            {row.topic}
          </Link>
        ),
    },
    {
      id: 'bytes',
      header: t('column.size'),
      align: 'right',
      sortable: true,
      cell: (row) => <Bytes value={row.bytes} />,
    },
    {
      id: 'next',
      header: t('column.next'),
      sortable: true,
      cell: (row) =>
        row.next === null ? <Unknown reason={t('nothingGoes')} /> : <Time at={Date.parse(row.next.at)} />,
    },
    {
      id: 'why',
      header: t('column.why'),
      cell: (row) =>
        row.next !== null ? (
          <span>
            {t(`reason.${row.next.reason}`)}{' '}
            <span className="text-muted">· {t('segments', { count: row.next.segments })}</span>
          </span>
        ) : (
          <span className="text-muted">{row.kept === null ? '—' : t(`kept.${row.kept}`)}</span>
        ),
    },
    {
      id: 'going',
      header: <span data-tip={t('column.goingTip')}>{t('column.going')}</span>,
      align: 'right',
      sortable: true,
      cell: (row) => <Bytes value={row.goingBytes} />,
    },
    {
      id: 'dirty',
      header: <span data-tip={t('column.dirtyTip')}>{t('column.dirty')}</span>,
      align: 'right',
      sortable: true,
      cell: (row) =>
        row.dirtyRatio === null ? <Unknown reason={t('notCompacted')} /> : `${(row.dirtyRatio * 100).toFixed(1)} %`,
    },
    {
      id: 'segments',
      header: t('column.segments'),
      align: 'right',
      narrow: 'hidden',
      cell: (row) => <Exact value={row.segments} />,
    },
  ]
  return (
    <div className="flex min-h-0 min-w-0 flex-1">
      <div className="flex min-w-0 flex-1 flex-col">
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b px-6 py-2 max-sm:px-4">
          <FilterInput label={t('filter')} value={query.q} onChange={search} className="w-72 max-sm:w-full" />
          <span className="inline-flex items-center gap-2">
            {t('within')}
            <Select
              label={t('within')}
              value={String(query.hours)}
              onChange={(value) =>
                void setQuery({ hours: HORIZONS.find((one) => String(one) === value) ?? 24, page: 1 })
              }
              options={HORIZONS.map((hours) => ({ value: String(hours), label: t('days', { days: hours / 24 }) }))}
            />
          </span>
        </div>
        <QueryError className="m-4" query={list} />
        <Table
          label={t('tab.topics')}
          className="flex-1"
          columns={columns}
          rows={rows ?? (list.error === null ? undefined : [])}
          rowKey={(row) => row.topic}
          onOpen={(row) => void setQuery({ topic: row.topic })}
          openKey={query.topic}
          sort={{ by: query.sort, direction: query.desc ? 'desc' : 'asc' }}
          onSort={({ by, direction }) =>
            void setQuery({ sort: forecastQueryParsers.sort.parse(by), desc: direction === 'desc', page: 1 })
          }
          stale={list.isPlaceholderData}
          hold
          empty={
            list.error === null && (
              <EmptyState
                title={query.q === '' ? t('noTopics') : t('noMatch')}
                action={
                  query.q !== '' && <Button onClick={() => void setQuery({ q: '' })}>{frame('table.clear')}</Button>
                }
              />
            )
          }
          footer={
            <Pager
              page={query.page}
              pageSize={FORECAST_PAGE_SIZE}
              total={list.data?.total ?? 0}
              onPage={(page) => void setQuery({ page }, { history: 'push' })}
            />
          }
        />
      </div>
      {query.topic !== null && (
        <ForecastPanel
          key={query.topic}
          cluster={cluster}
          topic={query.topic}
          hours={query.hours}
          onClose={() => void setQuery({ topic: null })}
        />
      )}
    </div>
  )
}
