'use client'
import { useQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { Badge } from '../../components/ui/badge.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { Bytes, Exact } from '../../components/ui/number.tsx'
import { type Column, Table } from '../../components/ui/table.tsx'
import { useReasonWords } from '../../lib/failure-words.tsx'
import { href } from '../../lib/href.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { DiskUse } from './disk-use.tsx'
import type { LogDirectory, ReplicaRow } from './outputs.ts'

/** A broker's log directories, and the largest of what is in them. */
export function BrokerDisks({ cluster, nodeId }: { cluster: string; nodeId: number }) {
  const t = useTranslations('brokers')
  const reasonWords = useReasonWords()
  const trpc = useTRPC()
  // The frame around it keeps this new.
  const about = useQuery(trpc.brokers.get.queryOptions({ cluster, nodeId }))
  const { data } = about
  const directories: readonly Column<LogDirectory>[] = [
    {
      id: 'path',
      header: t('directory'),
      cell: (row) => (
        <span className="font-mono" title={row.path}>
          {row.path}
        </span>
      ),
    },
    {
      id: 'state',
      header: t('state'),
      cell: (row) => (row.error === null ? t('status.ok') : <Badge state="wrong">{row.error}</Badge>),
    },
    { id: 'total', header: t('volume'), align: 'right', cell: (row) => <Bytes value={row.totalBytes} /> },
    { id: 'use', header: t('disk'), cell: (row) => <DiskUse totalBytes={row.totalBytes} freeBytes={row.freeBytes} /> },
  ]
  const replicas: readonly Column<ReplicaRow>[] = [
    {
      id: 'replica',
      header: t('replica'),
      cell: (row) =>
        row.isListed ? (
          <Link
            href={href.topic(cluster, row.topic, 'partitions')}
            prefetch={false}
            title={row.topic}
            className="font-strong text-accent hover:underline"
          >
            {row.topic}/{row.partition}
          </Link>
        ) : (
          <span className="text-muted" title={row.topic} data-tip={t('unlistedTip')}>
            {row.topic}/{row.partition}
          </span>
        ),
    },
    { id: 'size', header: t('size'), align: 'right', cell: (row) => <Bytes value={row.sizeBytes} /> },
    {
      id: 'lag',
      header: <span data-tip={t('offsetLagTip')}>{t('offsetLag')}</span>,
      align: 'right',
      cell: (row) => <Exact value={row.offsetLag} />,
    },
    {
      id: 'path',
      header: t('directory'),
      narrow: 'hidden',
      cell: (row) => <span className="font-mono text-muted">{row.path}</span>,
    },
  ]
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <Table
        label={t('tab.disks')}
        columns={directories}
        rows={data?.directories ?? (about.error === null ? undefined : [])}
        rowKey={(row) => row.path}
        empty={<EmptyState title={t('noDirectories')}>{data?.problem != null && reasonWords(data.problem)}</EmptyState>}
      />
      <h2 className="px-6 pt-6 pb-2 text-heading max-sm:px-4">
        {t('largest', { count: data?.largest.length ?? 0, total: data?.replicaCount ?? 0 })}
      </h2>
      <Table
        label={t('largestLabel')}
        columns={replicas}
        rows={data?.largest ?? (about.error === null ? undefined : [])}
        rowKey={(row) => `${row.path}/${row.topic}/${row.partition}`}
        hold
        empty={<EmptyState title={t('nothingStored')} />}
      />
    </div>
  )
}
