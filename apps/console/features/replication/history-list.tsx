'use client'
import { keepPreviousData, skipToken, useQuery } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { History } from 'lucide-react'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { useQueryStates } from 'nuqs'
import { useCallback } from 'react'
import { StateIcon } from '../../components/ui/badge.tsx'
import { Button } from '../../components/ui/button.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { FilterInput } from '../../components/ui/filter-input.tsx'
import { QueryError } from '../../components/ui/query-error.tsx'
import { Select } from '../../components/ui/select.tsx'
import { type Column, Table } from '../../components/ui/table.tsx'
import { Time } from '../../components/ui/time.tsx'
import { href } from '../../lib/href.ts'
import { liveInterval } from '../../lib/live-interval.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { untilReached } from '../../lib/until-reached.ts'
import { useKept } from '../../lib/use-kept.ts'
import { EventText, eventState } from './event-text.tsx'
import { historyKinds, historyQueryInput, historyQueryParsers } from './history-query.ts'
import { type HistoryEvent, placeName } from './outputs.ts'

const REFRESH_MS = 3_000

/** What happened to the cluster, the newest first: brokers, controllers, leaders, who is in sync, moves. */
export function HistoryList({ cluster }: { cluster: string }) {
  const t = useTranslations('replication')
  const frame = useTranslations('frame')
  const trpc = useTRPC()
  const [query, setQuery] = useQueryStates(historyQueryParsers)
  const input = historyQueryInput(cluster, query)
  const onData = useKept(trpc.replication.history.queryKey(input))
  const isNewest = query.before === null
  const live = useSubscription(
    trpc.replication.historyLive.subscriptionOptions(isNewest ? input : skipToken, { onData }),
  )
  const list = useQuery(
    trpc.replication.history.queryOptions(input, {
      placeholderData: keepPreviousData,
      refetchInterval: isNewest ? liveInterval(live, REFRESH_MS) : untilReached,
    }),
  )
  const { data } = list
  const search = useCallback(
    (topic: string) => void setQuery({ topic: topic === '' ? null : topic, partition: null, before: null }),
    [setQuery],
  )
  const isNarrowed = query.topic !== '' || query.kind !== 'all' || query.broker !== null
  const columns = useHistoryColumns(cluster)
  if (data !== undefined && !data.isKept) {
    return (
      <EmptyState icon={History} title={t('historyOffTitle')}>
        {t('historyOff')}
      </EmptyState>
    )
  }
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b px-6 py-3 max-sm:px-4">
        <FilterInput label={t('byTopic')} value={query.topic} onChange={search} className="w-72 max-sm:w-full" />
        <Select
          label={t('show')}
          value={query.kind}
          onChange={(kind) => setQuery({ kind, before: null })}
          options={historyKinds.map((value) => ({ value, label: t(`kinds.${value}`) }))}
        />
        {query.partition !== null && (
          <Button onClick={() => setQuery({ partition: null, before: null })}>
            {t('onlyPartition', { partition: query.partition })}
          </Button>
        )}
        {query.broker !== null && (
          <Button onClick={() => setQuery({ broker: null, before: null })}>
            {t('onlyBroker', { id: String(query.broker) })}
          </Button>
        )}
      </div>
      <QueryError className="m-4" query={list} />
      <Table
        label={t('tab.history')}
        className="flex-1"
        columns={columns}
        rows={data?.events ?? (list.error === null ? undefined : [])}
        rowKey={(event) => String(event.offset)}
        stale={list.isPlaceholderData}
        hold
        view={JSON.stringify(input)}
        empty={
          list.error === null &&
          (isNarrowed ? (
            <EmptyState
              title={t('noEvents')}
              action={
                <Button onClick={() => setQuery({ topic: null, partition: null, broker: null, kind: null })}>
                  {frame('table.clear')}
                </Button>
              }
            />
          ) : (
            <EmptyState icon={History} title={t('nothingHappened')}>
              {t('nothingHappenedAbout')}
            </EmptyState>
          ))
        }
        footer={
          data !== undefined &&
          (data.before !== null || query.before !== null) && (
            <div className="flex justify-center gap-2 border-t py-2">
              {query.before !== null && (
                <Button onClick={() => setQuery({ before: null }, { history: 'push' })}>{t('newest')}</Button>
              )}
              {data.before !== null && (
                <Button onClick={() => setQuery({ before: data.before }, { history: 'push' })}>{t('older')}</Button>
              )}
            </div>
          )
        }
      />
    </div>
  )
}

function useHistoryColumns(cluster: string): readonly Column<HistoryEvent>[] {
  const t = useTranslations('replication')
  return [
    { id: 'time', header: t('column.time'), width: '200px', cell: (event) => <Time at={event.atMs} form="ms" /> },
    {
      id: 'about',
      header: t('column.about'),
      cell: (event) => {
        const name = 'topic' in event ? placeName(event) : t('broker', { id: String(event.broker) })
        const to =
          'topic' in event
            ? href.topicPartition(cluster, event.topic, event.partition)
            : href.broker(cluster, event.broker)
        return (
          <Link href={to} prefetch={false} title={name} className="font-strong text-accent hover:underline">
            {name}
          </Link>
        )
      },
    },
    {
      id: 'event',
      header: t('column.event'),
      cell: (event) => (
        <span className="inline-flex items-center gap-1.5">
          <StateIcon state={eventState(event)} />
          {t(`event.${event.kind}`)}
        </span>
      ),
    },
    {
      id: 'change',
      header: t('column.change'),
      cell: (event) => (
        <span className="text-muted">
          <EventText event={event} />
        </span>
      ),
    },
  ]
}
