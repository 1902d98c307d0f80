'use client'
import { useQuery } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { Users } from 'lucide-react'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { Count, Exact } from '../../../components/ui/number.tsx'
import { QueryError } from '../../../components/ui/query-error.tsx'
import { type Column, Table } from '../../../components/ui/table.tsx'
import { href } from '../../../lib/href.ts'
import { liveInterval } from '../../../lib/live-interval.ts'
import { useTRPC } from '../../../lib/trpc.tsx'
import { useKept } from '../../../lib/use-kept.ts'
import { GroupState } from '../../groups/group-state.tsx'
import type { TopicGroupRow } from '../outputs.ts'

const REFRESH_MS = 5_000

/** The groups that have read the topic, those that are at it now first. */
export function TopicGroups({ cluster, topic }: { cluster: string; topic: string }) {
  const t = useTranslations('topics')
  const trpc = useTRPC()
  const onData = useKept(trpc.topics.groups.queryKey({ cluster, topic }))
  const live = useSubscription(trpc.topics.groupsLive.subscriptionOptions({ cluster, topic }, { onData }))
  const list = useQuery(
    trpc.topics.groups.queryOptions({ cluster, topic }, { refetchInterval: liveInterval(live, REFRESH_MS) }),
  )
  const columns: readonly Column<TopicGroupRow>[] = [
    {
      id: 'group',
      header: t('group.group'),
      cell: (row) => (
        <Link href={href.group(cluster, row.id)} prefetch={false} className="font-strong text-accent hover:underline">
          {row.id}
        </Link>
      ),
    },
    { id: 'state', header: t('group.state'), cell: (row) => <GroupState state={row.state} /> },
    { id: 'members', header: t('group.members'), align: 'right', cell: (row) => <Exact value={row.members} /> },
    { id: 'lag', header: t('group.lag'), align: 'right', cell: (row) => <Count value={row.lag} /> },
  ]
  return (
    <>
      <QueryError className="m-4" query={list} />
      <Table
        label={t('tab.groups')}
        className="flex-1"
        columns={columns}
        rows={list.data ?? (list.error === null ? undefined : [])}
        rowKey={(row) => row.id}
        hold
        empty={
          list.error === null && (
            <EmptyState icon={Users} title={t('group.none')}>
              {t('group.noneAbout')}
            </EmptyState>
          )
        }
      />
    </>
  )
}
