'use client'
import { useQuery } from '@tanstack/react-query'
import { Trash2 } from 'lucide-react'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { Bytes, Exact } from '../../components/ui/number.tsx'
import { type Column, Table } from '../../components/ui/table.tsx'
import { Time } from '../../components/ui/time.tsx'
import { href } from '../../lib/href.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import type { Deletion } from './outputs.ts'

/** What cleanup deleted lately, and why. */
export function RecentDeletions({ cluster }: { cluster: string }) {
  const t = useTranslations('storage')
  const trpc = useTRPC()
  // The frame around it keeps it up to date.
  const about = useQuery(trpc.storage.get.queryOptions({ cluster }))
  const rows = about.data?.brokers
    .flatMap(({ plan }) => plan.recent)
    .sort((a, b) => (a.time < b.time ? 1 : -1))
    .slice(0, 500)
  const columns: readonly Column<Deletion>[] = [
    { id: 'time', header: t('column.when'), cell: (row) => <Time at={Date.parse(row.time)} /> },
    {
      id: 'partition',
      header: t('column.partition'),
      cell: (row) => (
        <Link
          href={href.topic(cluster, row.topic, 'partitions')}
          prefetch={false}
          title={row.topic}
          className="text-accent hover:underline"
        >
          {row.topic}/{row.partition}
        </Link>
      ),
    },
    { id: 'why', header: t('column.why'), cell: (row) => t(`reason.${row.reason}`) },
    { id: 'segments', header: t('column.segments'), align: 'right', cell: (row) => <Exact value={row.segments} /> },
    { id: 'bytes', header: t('column.size'), align: 'right', cell: (row) => <Bytes value={row.bytes} /> },
    { id: 'start', header: t('column.start'), align: 'right', cell: (row) => <Exact value={row.startOffset} /> },
  ]
  return (
    <Table
      label={t('tab.deleted')}
      className="flex-1"
      columns={columns}
      rows={rows ?? (about.error === null ? undefined : [])}
      rowKey={(row) => `${row.time} ${row.topic} ${row.partition} ${row.reason}`}
      hold
      empty={
        <EmptyState icon={Trash2} title={t('noneDeleted')}>
          {t('noneDeletedAbout')}
        </EmptyState>
      }
    />
  )
}
