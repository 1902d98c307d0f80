'use client'
import { useQuery } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { PenLine } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { Badge } from '../../../components/ui/badge.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { Exact, Unknown } from '../../../components/ui/number.tsx'
import { QueryError } from '../../../components/ui/query-error.tsx'
import { type Column, Table } from '../../../components/ui/table.tsx'
import { Time } from '../../../components/ui/time.tsx'
import { apiError } from '../../../lib/api-error.ts'
import { useFailureWords } from '../../../lib/failure-words.tsx'
import { liveInterval } from '../../../lib/live-interval.ts'
import { useTRPC } from '../../../lib/trpc.tsx'
import { useKept } from '../../../lib/use-kept.ts'
import type { ProducerRow } from '../outputs.ts'

const REFRESH_MS = 5_000

/** The idempotent and transactional producers that partitions remember, with the transactions that are open. */
export function TopicProducers({ cluster, topic }: { cluster: string; topic: string }) {
  const t = useTranslations('topics')
  const words = useFailureWords()
  const trpc = useTRPC()
  const onData = useKept(trpc.topics.producers.queryKey({ cluster, topic }))
  const live = useSubscription(trpc.topics.producersLive.subscriptionOptions({ cluster, topic }, { onData }))
  const list = useQuery(
    trpc.topics.producers.queryOptions({ cluster, topic }, { refetchInterval: liveInterval(live, REFRESH_MS) }),
  )
  const lacking = list.error !== null && apiError(list.error).code === 'NOT_IMPLEMENTED'
  if (lacking) {
    return (
      <EmptyState icon={PenLine} title={t('producer.unsupported')}>
        {words(apiError(list.error)).message}
      </EmptyState>
    )
  }
  const columns: readonly Column<ProducerRow>[] = [
    { id: 'producer', header: t('producer.id'), cell: (row) => <span className="font-mono">{row.producerId}</span> },
    { id: 'partition', header: t('partition.partition'), align: 'right', cell: (row) => row.partition },
    { id: 'epoch', header: t('producer.epoch'), align: 'right', cell: (row) => <Exact value={row.producerEpoch} /> },
    {
      id: 'sequence',
      header: t('producer.sequence'),
      align: 'right',
      cell: (row) => <Exact value={row.lastSequence} />,
    },
    {
      id: 'written',
      header: t('producer.written'),
      cell: (row) => (row.lastTimestampMs < 0 ? <Unknown /> : <Time at={row.lastTimestampMs} />),
    },
    {
      id: 'transaction',
      header: t('producer.transaction'),
      cell: (row) =>
        row.transactionStart === null ? (
          <span className="text-muted">{t('producer.none')}</span>
        ) : (
          <Badge state="busy">{t('producer.since', { offset: row.transactionStart })}</Badge>
        ),
    },
  ]
  return (
    <>
      <QueryError className="m-4" query={list} />
      {(list.data?.failed.length ?? 0) > 0 && (
        <p className="px-6 py-2 text-attention">
          {t('producer.failed', {
            partitions: list.data?.failed.map(({ partition, error }) => `${partition} (${error})`).join(', ') ?? '',
          })}
        </p>
      )}
      <Table
        label={t('tab.producers')}
        className="flex-1"
        columns={columns}
        rows={list.data?.producers ?? (list.error === null ? undefined : [])}
        rowKey={(row) => `${row.partition} ${row.producerId}`}
        hold
        empty={
          list.error === null && (
            <EmptyState icon={PenLine} title={t('producer.nobody')}>
              {t('producer.nobodyAbout')}
            </EmptyState>
          )
        }
      />
    </>
  )
}
