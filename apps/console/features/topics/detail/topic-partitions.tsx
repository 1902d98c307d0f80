'use client'
import { useQuery } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import dynamic from 'next/dynamic'
import { useTranslations } from 'next-intl'
import { parseAsInteger, useQueryState } from 'nuqs'
import { useState } from 'react'
import { Badge } from '../../../components/ui/badge.tsx'
import { Bytes, Exact, Unknown } from '../../../components/ui/number.tsx'
import { PanelPlace } from '../../../components/ui/panel-place.tsx'
import { QueryError } from '../../../components/ui/query-error.tsx'
import { type Column, type Sort, Table } from '../../../components/ui/table.tsx'
import { Time } from '../../../components/ui/time.tsx'
import { liveInterval } from '../../../lib/live-interval.ts'
import { useTRPC } from '../../../lib/trpc.tsx'
import { useKept } from '../../../lib/use-kept.ts'
import { ReplicaIds } from '../../replication/replica-ids.tsx'
import type { PartitionRow } from '../outputs.ts'

const PartitionPanel = dynamic(async () => (await import('../../replication/partition-panel.tsx')).PartitionPanel, {
  ssr: false,
  loading: PanelPlace,
})

const REFRESH_MS = 5_000

/** Every partition: who leads, who is in sync, from where to where its log goes. */
export function TopicPartitions({ cluster, topic }: { cluster: string; topic: string }) {
  const t = useTranslations('topics')
  const trpc = useTRPC()
  const [open, setOpen] = useQueryState('at', parseAsInteger)
  const [sort, setSort] = useState<Sort>({ by: 'partition', direction: 'asc' })
  const onData = useKept(trpc.topics.partitions.queryKey({ cluster, topic }))
  const live = useSubscription(trpc.topics.partitionsLive.subscriptionOptions({ cluster, topic }, { onData }))
  const list = useQuery(
    trpc.topics.partitions.queryOptions({ cluster, topic }, { refetchInterval: liveInterval(live, REFRESH_MS) }),
  )
  const columns: readonly (Column<PartitionRow> & { value?(row: PartitionRow): number | null })[] = [
    {
      id: 'partition',
      header: t('partition.partition'),
      sortable: true,
      value: (row) => row.partition,
      cell: (row) => (
        <span className="inline-flex items-center gap-2 font-strong">
          {row.partition}
          {row.error !== null && <Badge state="wrong">{row.error}</Badge>}
        </span>
      ),
    },
    {
      id: 'leader',
      header: t('partition.leader'),
      sortable: true,
      value: (row) => row.leader,
      cell: (row) => (row.leader < 0 ? <Badge state="wrong">{t('partition.noLeader')}</Badge> : row.leader),
    },
    {
      id: 'epoch',
      header: t('partition.epoch'),
      align: 'right',
      narrow: 'hidden',
      cell: (row) => <Exact value={row.leaderEpoch} />,
    },
    { id: 'replicas', header: t('partition.replicas'), cell: (row) => <Replicas row={row} /> },
    {
      id: 'start',
      header: t('partition.start'),
      align: 'right',
      sortable: true,
      value: (row) => row.start,
      cell: (row) => <Exact value={row.start} />,
    },
    {
      id: 'end',
      header: t('partition.highWatermark'),
      align: 'right',
      sortable: true,
      value: (row) => row.highWatermark,
      cell: (row) => <Exact value={row.highWatermark} />,
    },
    {
      id: 'open',
      header: <span data-tip={t('partition.openTip')}>{t('partition.open')}</span>,
      align: 'right',
      narrow: 'hidden',
      cell: (row) =>
        row.highWatermark === null || row.lastStableOffset === null ? (
          <Unknown />
        ) : (
          <Exact value={row.highWatermark - row.lastStableOffset} />
        ),
    },
    {
      id: 'records',
      header: t('column.records'),
      align: 'right',
      sortable: true,
      value: spanOf,
      narrow: 'hidden',
      cell: (row) => <Exact value={spanOf(row)} />,
    },
    {
      id: 'newest',
      header: t('partition.newest'),
      cell: (row) => (row.newest === null ? <Unknown /> : <Time at={row.newest.timestampMs} form="s" />),
    },
    {
      id: 'size',
      header: t('column.size'),
      align: 'right',
      sortable: true,
      value: (row) => row.sizeBytes,
      cell: (row) => <Bytes value={row.sizeBytes} />,
    },
  ]
  const value = columns.find(({ id }) => id === sort.by)?.value
  const rows = value === undefined ? list.data : list.data?.toSorted(byValue(value, sort.direction))
  return (
    <div className="flex min-h-0 flex-1">
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        <QueryError className="m-4" query={list} />
        <Table
          label={t('tab.partitions')}
          className="flex-1"
          columns={columns}
          rows={rows ?? (list.error === null ? undefined : [])}
          rowKey={(row) => String(row.partition)}
          onOpen={(row) => void setOpen(row.partition)}
          openKey={open === null ? null : String(open)}
          sort={sort}
          onSort={setSort}
          hold
        />
      </div>
      {open !== null && open >= 0 && (
        <PartitionPanel
          key={open}
          cluster={cluster}
          topic={topic}
          partition={open}
          onClose={() => void setOpen(null)}
        />
      )}
    </div>
  )
}

function spanOf(row: PartitionRow): number | null {
  return row.start === null || row.highWatermark === null ? null : row.highWatermark - row.start
}

/** What is not known goes last, whichever way. */
function byValue(value: (row: PartitionRow) => number | null, direction: Sort['direction']) {
  return (a: PartitionRow, b: PartitionRow) => {
    const x = value(a)
    const y = value(b)
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1
    return (direction === 'asc' ? x - y : y - x) || a.partition - b.partition
  }
}

/** In the order of preference; those that are not in sync are struck and said. */
function Replicas({ row }: { row: PartitionRow }) {
  const t = useTranslations('topics')
  const behind = row.replicas.filter((id) => !row.isr.includes(id))
  return (
    <span className="inline-flex items-center gap-1.5">
      <ReplicaIds replicas={row.replicas} isr={row.isr} />
      {row.offline.length > 0 && <Badge state="wrong">{t('partition.offline', { ids: row.offline.join(', ') })}</Badge>}
      {row.offline.length === 0 && behind.length > 0 && (
        <Badge state="attention">{t('partition.behind', { ids: behind.join(', ') })}</Badge>
      )}
    </span>
  )
}
