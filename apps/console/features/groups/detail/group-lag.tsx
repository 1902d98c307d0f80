'use client'
import { useQuery } from '@tanstack/react-query'
import { Users } from 'lucide-react'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { Badge } from '../../../components/ui/badge.tsx'
import { Chart } from '../../../components/ui/chart.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { Count, Exact, Unknown } from '../../../components/ui/number.tsx'
import { type Column, type Sort, Table } from '../../../components/ui/table.tsx'
import { href } from '../../../lib/href.ts'
import { useTRPC } from '../../../lib/trpc.tsx'
import { withGaps } from '../../../lib/with-gaps.ts'
import type { GroupPartition } from '../outputs.ts'

/** Where the group stands in every partition, and its lag over time. */
export function GroupLag({ cluster, group }: { cluster: string; group: string }) {
  const t = useTranslations('groups')
  const trpc = useTRPC()
  const [sort, setSort] = useState<Sort>({ by: 'topic', direction: 'asc' })
  const about = useQuery(trpc.groups.get.queryOptions({ cluster, group }))
  const series = useQuery(trpc.groups.lagSeries.queryOptions({ cluster, group }))
  const times = series.data?.history?.atMs ?? []
  const columns = useLagColumns(cluster)
  const value = columns.find(({ id }) => id === sort.by)?.value
  const rows = value === undefined ? about.data?.partitions : about.data?.partitions.toSorted(byValue(value, sort))
  return (
    <>
      {times.length > 1 && (
        <div className="border-b px-6 py-3 max-sm:px-4">
          <Chart
            label={t('lagOverTime')}
            times={times}
            series={[{ name: t('lagOverTime'), values: withGaps(times, series.data?.history?.values.lag ?? []) }]}
            format={(lag) => <Count value={lag} />}
          />
        </div>
      )}
      <Table
        label={t('tab.lag')}
        className="min-h-48 flex-1"
        columns={columns}
        rows={rows ?? (about.error === null ? undefined : [])}
        rowKey={(row) => `${row.topic}/${row.partition}`}
        sort={sort}
        onSort={setSort}
        hold
        empty={
          about.error === null && (
            <EmptyState icon={Users} title={t('noCommits')}>
              {t('noCommitsAbout')}
            </EmptyState>
          )
        }
      />
    </>
  )
}

type LagColumn = Column<GroupPartition> & { value?(row: GroupPartition): number | string | null }

function useLagColumns(cluster: string): readonly LagColumn[] {
  const t = useTranslations('groups')
  return [
    {
      id: 'topic',
      header: t('partition.topic'),
      sortable: true,
      value: (row) => row.topic,
      cell: (row) => (
        <span className="inline-flex max-w-full items-center gap-2">
          <Link
            href={href.topic(cluster, row.topic)}
            prefetch={false}
            title={row.topic}
            className="min-w-0 truncate font-strong text-accent hover:underline"
          >
            {row.topic}
          </Link>
          {row.isGone && <Badge state="unknown">{t('partition.gone')}</Badge>}
        </span>
      ),
    },
    {
      id: 'partition',
      header: t('partition.partition'),
      align: 'right',
      sortable: true,
      value: (row) => row.partition,
      cell: (row) => row.partition,
    },
    {
      id: 'committed',
      header: t('partition.committed'),
      align: 'right',
      sortable: true,
      value: (row) => row.committed,
      cell: (row) =>
        row.committed === null ? (
          <Unknown reason={t('partition.noCommit')} />
        ) : (
          <Link
            href={href.record(cluster, row.topic, row.partition, row.committed)}
            prefetch={false}
            className="hover:text-accent hover:underline"
          >
            <Exact value={row.committed} />
          </Link>
        ),
    },
    {
      id: 'end',
      header: t('partition.end'),
      align: 'right',
      sortable: true,
      value: (row) => row.end,
      cell: (row) => <Exact value={row.end} />,
    },
    {
      id: 'lag',
      header: t('column.lag'),
      align: 'right',
      sortable: true,
      value: (row) => row.lag,
      cell: (row) => <Exact value={row.lag} />,
    },
    {
      id: 'member',
      header: t('partition.member'),
      sortable: true,
      value: (row) => row.member?.clientId ?? null,
      cell: (row) =>
        row.member === null ? (
          <span className="text-muted">{t('partition.nobody')}</span>
        ) : (
          <span title={row.member.id}>
            {row.member.clientId} <span className="text-muted">{row.member.host}</span>
          </span>
        ),
    },
  ]
}

/** What is not known goes last, whichever way. */
function byValue(value: (row: GroupPartition) => number | string | null, { direction }: Sort) {
  return (a: GroupPartition, b: GroupPartition) => {
    const x = value(a)
    const y = value(b)
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1
    const order = x < y ? -1 : x > y ? 1 : 0
    if (order !== 0) return direction === 'asc' ? order : -order
    return a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1
  }
}
