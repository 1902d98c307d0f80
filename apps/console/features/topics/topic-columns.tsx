'use client'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { Badge } from '../../components/ui/badge.tsx'
import { Bytes, Count, Exact } from '../../components/ui/number.tsx'
import type { Column } from '../../components/ui/table.tsx'
import { href } from '../../lib/href.ts'
import type { TopicRow } from './outputs.ts'
import { TopicHealth } from './topic-health.tsx'

/** The columns of the list of topics; all but the name can be put away. */
export function useTopicColumns(cluster: string): readonly (Column<TopicRow> & { title: string })[] {
  const t = useTranslations('topics')
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
  ]
}
