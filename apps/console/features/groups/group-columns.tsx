'use client'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { Count, Exact, Unknown } from '../../components/ui/number.tsx'
import type { Column } from '../../components/ui/table.tsx'
import { href } from '../../lib/href.ts'
import { GroupState } from './group-state.tsx'
import { LagTrend } from './lag-trend.tsx'
import type { GroupRow } from './outputs.ts'

/** The columns of the list of groups. */
export function useGroupColumns(cluster: string): readonly (Column<GroupRow> & { title: string })[] {
  const t = useTranslations('groups')
  return [
    {
      id: 'id',
      title: t('column.id'),
      header: t('column.id'),
      sortable: true,
      cell: (row) => (
        <Link
          href={href.group(cluster, row.id)}
          prefetch={false}
          title={row.id}
          className="block min-w-0 truncate font-strong text-accent hover:underline"
        >
          {row.id === '' ? t('unnamed') : row.id}
        </Link>
      ),
    },
    {
      id: 'state',
      title: t('column.state'),
      header: t('column.state'),
      sortable: true,
      cell: (row) => <GroupState state={row.state} />,
    },
    {
      id: 'members',
      title: t('column.members'),
      header: t('column.members'),
      align: 'right',
      sortable: true,
      cell: (row) => <Exact value={row.members} />,
    },
    {
      id: 'clients',
      title: t('column.clients'),
      header: t('column.clients'),
      narrow: 'hidden',
      cell: ({ clients }) => {
        if (clients === null) return <Unknown />
        const names = [...new Set(clients.map(({ clientId }) => clientId))]
        return (
          <span className="text-muted" title={clients.map(({ clientId, host }) => `${clientId} · ${host}`).join('\n')}>
            {names.slice(0, 2).join(', ')}
            {names.length > 2 && ` ${t('moreTopics', { count: names.length - 2 })}`}
          </span>
        )
      },
    },
    {
      id: 'lag',
      title: t('column.lag'),
      header: <span data-tip={t('column.lagTip')}>{t('column.lag')}</span>,
      align: 'right',
      sortable: true,
      cell: (row) => (
        <span className="inline-flex items-center gap-2">
          <LagTrend perSecond={row.lagTrend} />
          <Count value={row.lag} />
        </span>
      ),
    },
    {
      id: 'topics',
      title: t('column.topics'),
      header: t('column.topics'),
      narrow: 'hidden',
      cell: (row) => (
        <span className="text-muted" title={row.topics.join('\n')}>
          {row.topics.slice(0, 3).join(', ')}
          {row.topics.length > 3 && ` ${t('moreTopics', { count: row.topics.length - 3 })}`}
        </span>
      ),
    },
    { id: 'type', title: t('column.type'), header: t('column.type'), narrow: 'hidden', cell: (row) => row.type },
    {
      id: 'coordinator',
      title: t('column.coordinator'),
      header: t('column.coordinator'),
      align: 'right',
      narrow: 'hidden',
      cell: (row) => row.coordinator,
    },
  ]
}
