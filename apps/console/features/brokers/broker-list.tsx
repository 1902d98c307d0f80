'use client'
import { useQuery } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { Badge } from '../../components/ui/badge.tsx'
import { Bytes, Exact, Unknown } from '../../components/ui/number.tsx'
import { QueryError } from '../../components/ui/query-error.tsx'
import { type Column, Table } from '../../components/ui/table.tsx'
import { useReasonWords } from '../../lib/failure-words.tsx'
import { href } from '../../lib/href.ts'
import { liveInterval } from '../../lib/live-interval.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { useKept } from '../../lib/use-kept.ts'
import { DiskUse } from './disk-use.tsx'
import type { BrokerRow } from './outputs.ts'

const REFRESH_MS = 5_000
/** From this share above or below an equal one, leaders are said to be uneven. */
const SKEW = 0.2

/** All brokers: what they lead, what is behind on them, and how full their disks are. */
export function BrokerList({ cluster }: { cluster: string }) {
  const t = useTranslations('brokers')
  const reasonWords = useReasonWords()
  const trpc = useTRPC()
  const onData = useKept(trpc.brokers.list.queryKey({ cluster }))
  const live = useSubscription(trpc.brokers.listLive.subscriptionOptions({ cluster }, { onData }))
  const list = useQuery(
    trpc.brokers.list.queryOptions({ cluster }, { refetchInterval: liveInterval(live, REFRESH_MS) }),
  )
  const columns: readonly Column<BrokerRow>[] = [
    {
      id: 'broker',
      header: t('broker'),
      cell: (row) => (
        <span className="inline-flex items-center gap-2">
          <Link
            href={href.broker(cluster, row.nodeId)}
            prefetch={false}
            className="font-strong text-accent hover:underline"
          >
            {row.nodeId}
          </Link>
          {row.isController && <Badge>{t('controller')}</Badge>}
          {row.problem !== null && (
            <Badge state="wrong" tip={reasonWords(row.problem)}>
              {t('problem')}
            </Badge>
          )}
        </span>
      ),
    },
    {
      id: 'address',
      header: t('address'),
      cell: (row) => <span className="font-mono">{`${row.host}:${row.port}`}</span>,
    },
    { id: 'rack', header: t('rack'), narrow: 'hidden', cell: (row) => row.rack ?? <Unknown /> },
    {
      id: 'leaders',
      header: t('leaders'),
      align: 'right',
      cell: (row) => (
        <span className="inline-flex items-center gap-2">
          {row.leaderSkew !== null && Math.abs(row.leaderSkew) > SKEW && (
            <Badge state="attention" tip={t('skewTip')}>
              {row.leaderSkew > 0 ? '+' : '−'}
              {Math.round(Math.abs(row.leaderSkew) * 100)} %
            </Badge>
          )}
          <Exact value={row.leaders} />
        </span>
      ),
    },
    { id: 'replicas', header: t('replicas'), align: 'right', cell: (row) => <Exact value={row.replicas} /> },
    {
      id: 'outOfSync',
      header: t('outOfSync'),
      align: 'right',
      cell: (row) =>
        row.outOfSync > 0 ? <Badge state="attention">{row.outOfSync}</Badge> : <Exact value={row.outOfSync} />,
    },
    { id: 'size', header: t('size'), align: 'right', cell: (row) => <Bytes value={row.sizeBytes} /> },
    { id: 'disk', header: t('disk'), cell: (row) => <DiskUse totalBytes={row.totalBytes} freeBytes={row.freeBytes} /> },
  ]
  return (
    <>
      <QueryError className="m-4" query={list} />
      <Table
        label={t('title')}
        className="flex-1"
        columns={columns}
        rows={list.data ?? (list.error === null ? undefined : [])}
        rowKey={(row) => String(row.nodeId)}
        hold
      />
    </>
  )
}
