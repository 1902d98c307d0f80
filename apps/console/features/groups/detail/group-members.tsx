'use client'
import { useQuery } from '@tanstack/react-query'
import { UserX } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { Badge } from '../../../components/ui/badge.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { Exact } from '../../../components/ui/number.tsx'
import { type Column, Table } from '../../../components/ui/table.tsx'
import { useTRPC } from '../../../lib/trpc.tsx'
import type { GroupMember } from '../outputs.ts'

/** Who is in the group, and what each reads. */
export function GroupMembers({ cluster, group }: { cluster: string; group: string }) {
  const t = useTranslations('groups')
  const trpc = useTRPC()
  const about = useQuery(trpc.groups.get.queryOptions({ cluster, group }))
  const lags = new Map(about.data?.partitions.map(({ topic, partition, lag }) => [`${topic}/${partition}`, lag]))
  const lagOf = ({ assignment }: GroupMember) =>
    (assignment ?? [])
      .flatMap(({ topic, partitions }) => partitions.map((partition) => lags.get(`${topic}/${partition}`) ?? 0))
      .reduce((sum, lag) => sum + lag, 0)
  const columns: readonly Column<GroupMember>[] = [
    {
      id: 'client',
      header: t('member.client'),
      cell: (row) => (
        <span className="inline-flex max-w-full items-center gap-2">
          <span className="min-w-0 truncate font-strong" title={row.clientId}>
            {row.clientId}
          </span>
          {row.instanceId !== null && <Badge tip={t('member.static')}>{row.instanceId}</Badge>}
        </span>
      ),
    },
    { id: 'host', header: t('member.host'), cell: (row) => <span className="font-mono">{row.host}</span> },
    {
      id: 'partitions',
      header: t('column.partitions'),
      align: 'right',
      cell: (row) => (
        <Exact value={row.assignment?.reduce((sum, { partitions }) => sum + partitions.length, 0) ?? null} />
      ),
    },
    {
      id: 'lag',
      header: t('column.lag'),
      align: 'right',
      cell: (row) => <Exact value={row.assignment === null ? null : lagOf(row)} />,
    },
    {
      id: 'assignment',
      header: t('member.assignment'),
      cell: (row) => <Assignment member={row} />,
    },
    {
      id: 'id',
      header: t('member.id'),
      narrow: 'hidden',
      cell: (row) => (
        <span className="font-mono text-muted" title={row.id}>
          {row.id}
        </span>
      ),
    },
  ]
  return (
    <Table
      label={t('tab.members')}
      className="flex-1"
      columns={columns}
      rows={about.data?.members ?? (about.error === null ? undefined : [])}
      rowKey={(row) => row.id}
      hold
      empty={
        about.error === null && (
          <EmptyState icon={UserX} title={t('member.none')}>
            {t('member.noneAbout')}
          </EmptyState>
        )
      }
    />
  )
}

function Assignment({ member }: { member: GroupMember }) {
  const t = useTranslations('groups')
  if (member.assignment === null) return <span className="text-muted">{t('member.unreadable')}</span>
  const text = member.assignment.map(({ topic, partitions }) => `${topic}: ${rangesText(partitions)}`).join(' · ')
  return <span title={text.replaceAll(' · ', '\n')}>{text === '' ? <span className="text-muted">—</span> : text}</span>
}

/** `0–3, 5` */
function rangesText(sorted: readonly number[]): string {
  const ranges: [number, number][] = []
  for (const n of sorted) {
    const last = ranges.at(-1)
    if (last !== undefined && last[1] === n - 1) last[1] = n
    else ranges.push([n, n])
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}–${to}`)).join(', ')
}
