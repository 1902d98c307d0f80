'use client'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { Badge } from '../../components/ui/badge.tsx'
import { Bytes, Count, Exact, Unknown } from '../../components/ui/number.tsx'
import { Skeleton } from '../../components/ui/skeleton.tsx'
import type { Column } from '../../components/ui/table.tsx'
import { href } from '../../lib/href.ts'
import { durationText } from '../../lib/numbers.ts'
import type { TopicColumns, TopicRow } from './outputs.ts'
import { TopicHealth } from './topic-health.tsx'

export interface TitledColumn extends Column<TopicRow> {
  /** Its name on the menu of columns. */
  readonly title: string
}

/** Columns that the server learns topic by topic: put away until they are asked for. */
export const slowColumns = ['groups', 'lag', 'cleanup', 'retention', 'flush'] as const

/**
 * The columns of the list of topics; all but the name can be put away.
 * @param slow what is known of the slow columns of a topic; undefined while it is on its way
 */
export function useTopicColumns(
  cluster: string,
  slow: (topic: string) => TopicColumns | undefined,
): readonly TitledColumn[] {
  const t = useTranslations('topics')
  const slowly = (row: TopicRow, show: (columns: TopicColumns) => ReactNode) => {
    const columns = slow(row.name)
    return columns === undefined ? <Skeleton className="w-10" /> : show(columns)
  }
  return [
    {
      id: 'name',
      title: t('column.name'),
      header: t('column.name'),
      sortable: true,
      cell: (row) => (
        <span className="inline-flex max-w-full items-center gap-2">
          <Link
            href={href.topic(cluster, row.name)}
            prefetch={false}
            title={row.name}
            className="min-w-0 truncate font-strong text-accent hover:underline"
          >
            {row.name}
          </Link>
          {row.isInternal && <Badge>{t('internalBadge')}</Badge>}
        </span>
      ),
    },
    {
      id: 'partitions',
      title: t('column.partitions'),
      header: t('column.partitions'),
      align: 'right',
      sortable: true,
      narrow: 'hidden',
      cell: (row) => <Exact value={row.partitions} />,
    },
    {
      id: 'replicationFactor',
      title: t('column.replicationFactor'),
      header: t('column.replicationFactor'),
      align: 'right',
      sortable: true,
      narrow: 'hidden',
      cell: (row) => <Exact value={row.replicationFactor} />,
    },
    {
      id: 'health',
      title: t('column.health'),
      header: t('column.health'),
      sortable: true,
      cell: (row) => <TopicHealth health={row} />,
    },
    {
      id: 'records',
      title: t('column.records'),
      header: <span data-tip={t('column.recordsTip')}>{t('column.records')}</span>,
      align: 'right',
      sortable: true,
      narrow: 'hidden',
      cell: (row) => <Count value={row.records} />,
    },
    {
      id: 'rate',
      title: t('column.rate'),
      header: t('column.rate'),
      align: 'right',
      sortable: true,
      cell: (row) => <Count value={row.recordsInPerSecond} unit="/s" />,
    },
    {
      id: 'size',
      title: t('column.size'),
      header: t('column.size'),
      align: 'right',
      sortable: true,
      cell: (row) => <Bytes value={row.sizeBytes} />,
    },
    {
      id: 'groups',
      title: t('groups'),
      header: t('groups'),
      align: 'right',
      cell: (row) => slowly(row, ({ groups }) => <Exact value={groups} />),
    },
    {
      id: 'lag',
      title: t('group.lag'),
      header: t('group.lag'),
      align: 'right',
      cell: (row) => slowly(row, ({ lag }) => <Count value={lag} />),
    },
    {
      id: 'cleanup',
      title: t('column.cleanup'),
      header: t('column.cleanup'),
      cell: (row) => slowly(row, ({ cleanupPolicy }) => cleanupPolicy ?? <Unknown />),
    },
    {
      id: 'retention',
      title: t('column.retention'),
      header: t('column.retention'),
      align: 'right',
      cell: (row) =>
        slowly(row, ({ retentionMs }) =>
          retentionMs === null ? <Unknown /> : retentionMs < 0 ? t('column.forEver') : durationText(retentionMs),
        ),
    },
    {
      id: 'flush',
      title: t('column.flush'),
      header: t('column.flush'),
      cell: (row) => slowly(row, ({ flushMode }) => flushMode ?? <Unknown />),
    },
  ]
}
