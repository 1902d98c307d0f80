'use client'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { ShieldCheck } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useTranslations } from 'next-intl'
import { useQueryStates } from 'nuqs'
import { useCallback, useState } from 'react'
import { Badge } from '../../components/ui/badge.tsx'
import { Button, ButtonLink } from '../../components/ui/button.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { FilterInput } from '../../components/ui/filter-input.tsx'
import { Exact } from '../../components/ui/number.tsx'
import { Pager } from '../../components/ui/pager.tsx'
import { PanelPlace } from '../../components/ui/panel-place.tsx'
import { QueryError } from '../../components/ui/query-error.tsx'
import { Select } from '../../components/ui/select.tsx'
import { type Column, Table } from '../../components/ui/table.tsx'
import { href } from '../../lib/href.ts'
import { liveInterval } from '../../lib/live-interval.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { useKept } from '../../lib/use-kept.ts'
import { ElectPreferred } from './elect-preferred.tsx'
import { FaultBadges } from './fault-badges.tsx'
import { type PartitionRow, placeName } from './outputs.ts'
import {
  PAGE_SIZE,
  partitionChoices,
  partitionQueryInput,
  partitionQueryParsers,
  placeOfName,
} from './partition-query.ts'
import { ReplicaIds } from './replica-ids.tsx'

const PartitionPanel = dynamic(async () => (await import('./partition-panel.tsx')).PartitionPanel, {
  ssr: false,
  loading: PanelPlace,
})

const REFRESH_MS = 5_000

/** Partitions of all topics with what is wrong with them, the worst first; what they have in common is done to all that are chosen. */
export function PartitionList({ cluster }: { cluster: string }) {
  const t = useTranslations('replication')
  const frame = useTranslations('frame')
  const trpc = useTRPC()
  const [query, setQuery] = useQueryStates(partitionQueryParsers)
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set())
  const input = partitionQueryInput(cluster, query)
  const onData = useKept(trpc.replication.partitions.queryKey(input))
  const live = useSubscription(trpc.replication.partitionsLive.subscriptionOptions(input, { onData }))
  const list = useQuery(
    trpc.replication.partitions.queryOptions(input, {
      placeholderData: keepPreviousData,
      refetchInterval: liveInterval(live, REFRESH_MS),
    }),
  )
  const rows = list.data?.rows
  const search = useCallback((q: string) => void setQuery({ q, page: 1 }), [setQuery])
  const chosen = [...selection].flatMap((name) => placeOfName(name) ?? [])
  const topics = [...new Set(chosen.map(({ topic }) => topic))]
  const open = placeOfName(query.at)
  const columns = usePartitionColumns()
  return (
    <div className="flex min-h-0 flex-1">
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b px-6 py-3 max-sm:px-4">
          {selection.size > 0 ? (
            <>
              <span className="font-strong">{t('chosen', { count: selection.size })}</span>
              <Button onClick={() => setSelection(new Set())}>{t('chooseNone')}</Button>
              <ElectPreferred cluster={cluster} partitions={chosen} />
              <ButtonLink
                href={`${href.brokers(cluster, 'moves')}?plan=true&${new URLSearchParams(topics.map((topic) => ['topic', topic]))}`}
              >
                {t('move.topics', { count: topics.length })}
              </ButtonLink>
            </>
          ) : (
            <>
              <FilterInput label={t('filter')} value={query.q} onChange={search} className="w-72 max-sm:w-full" />
              <Select
                label={t('show')}
                value={query.only}
                onChange={(only) => setQuery({ only, page: 1 })}
                options={partitionChoices.map((value) => ({ value, label: t(`only.${value}`) }))}
              />
            </>
          )}
        </div>
        <QueryError className="m-4" query={list} />
        <Table
          label={t('tab.partitions')}
          className="flex-1"
          columns={columns}
          rows={rows ?? (list.error === null ? undefined : [])}
          rowKey={placeName}
          rowLabel={placeName}
          onOpen={(row) => void setQuery({ at: placeName(row) })}
          openKey={query.at}
          selection={selection}
          onSelection={setSelection}
          stale={list.isPlaceholderData}
          hold
          view={JSON.stringify(input)}
          empty={
            list.error === null &&
            (query.only === 'faulty' && query.q === '' ? (
              <EmptyState
                icon={ShieldCheck}
                title={t('allWell')}
                action={<Button onClick={() => setQuery({ only: 'all' })}>{t('showAll')}</Button>}
              >
                {t('allWellAbout')}
              </EmptyState>
            ) : (
              <EmptyState
                title={t('noMatch')}
                action={
                  <Button onClick={() => setQuery({ q: '', only: 'all', page: 1 })}>{frame('table.clear')}</Button>
                }
              />
            ))
          }
          footer={
            <Pager
              page={query.page}
              pageSize={PAGE_SIZE}
              total={list.data?.total ?? 0}
              onPage={(page) => setQuery({ page }, { history: 'push' })}
            />
          }
        />
      </div>
      {open !== null && (
        <PartitionPanel
          key={query.at}
          cluster={cluster}
          topic={open.topic}
          partition={open.partition}
          onClose={() => void setQuery({ at: null })}
        />
      )}
    </div>
  )
}

function usePartitionColumns(): readonly Column<PartitionRow>[] {
  const t = useTranslations('replication')
  const topics = useTranslations('topics')
  return [
    {
      id: 'partition',
      header: t('column.partition'),
      cell: (row) => (
        <span className="font-strong" title={placeName(row)}>
          {placeName(row)}
        </span>
      ),
    },
    {
      id: 'state',
      header: t('column.state'),
      cell: (row) => <FaultBadges faults={row.faults} isMoving={row.isMoving} />,
    },
    {
      id: 'leader',
      header: topics('partition.leader'),
      cell: (row) => (row.leader < 0 ? <Badge state="wrong">{topics('partition.noLeader')}</Badge> : row.leader),
    },
    {
      id: 'replicas',
      header: topics('partition.replicas'),
      cell: (row) => <ReplicaIds replicas={row.replicas} isr={row.isr} adding={row.adding} removing={row.removing} />,
    },
    { id: 'isr', header: t('column.inSync'), cell: (row) => row.isr.join(', ') || '—' },
    {
      id: 'epoch',
      header: topics('partition.epoch'),
      align: 'right',
      narrow: 'hidden',
      cell: (row) => <Exact value={row.leaderEpoch} />,
    },
  ]
}
