'use client'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { useShell } from '../../components/frame/shell.tsx'
import { Badge } from '../../components/ui/badge.tsx'
import { Bytes, Exact, Unknown } from '../../components/ui/number.tsx'
import { type Column, Table } from '../../components/ui/table.tsx'
import { useReasonWords } from '../../lib/failure-words.tsx'
import { href } from '../../lib/href.ts'
import type { OverviewData } from './outputs.ts'

type Broker = OverviewData['brokers'][number]

/** The brokers, with what they lead and how full their disks are. */
export function BrokerTable({ brokers }: { brokers: readonly Broker[] | undefined }) {
  const t = useTranslations('overview')
  const reasonWords = useReasonWords()
  const { cluster } = useShell()
  const columns: readonly Column<Broker>[] = [
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
          {row.isController && <Badge>{t('controller', { id: '' }).trim()}</Badge>}
          {row.problem !== null && (
            <Badge state="wrong" tip={reasonWords(row.problem)}>
              {reasonWords(row.problem)}
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
    { id: 'rack', header: t('rack'), cell: (row) => row.rack ?? <Unknown />, narrow: 'hidden' },
    { id: 'leaders', header: t('leaders'), align: 'right', cell: (row) => <Exact value={row.leaders} /> },
    { id: 'outOfSync', header: t('outOfSync'), align: 'right', cell: (row) => <Exact value={row.outOfSync} /> },
    { id: 'logs', header: t('logs'), align: 'right', cell: (row) => <Bytes value={row.sizeBytes} /> },
    { id: 'used', header: t('used'), align: 'right', cell: (row) => <Used row={row} /> },
  ]
  return (
    <div className="-mx-6 max-sm:-mx-4">
      <Table label={t('brokers')} columns={columns} rows={brokers} rowKey={(row) => String(row.nodeId)} />
    </div>
  )
}

function Used({ row }: { row: Broker }) {
  if (row.totalBytes === null || row.freeBytes === null || row.totalBytes === 0) return <Unknown />
  return `${Math.round((1 - row.freeBytes / row.totalBytes) * 100)} %`
}
