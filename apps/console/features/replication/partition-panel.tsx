'use client'
import { useQuery } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { TriangleAlert } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { useForbidden } from '../../components/frame/shell.tsx'
import { Badge } from '../../components/ui/badge.tsx'
import { Button, ButtonLink } from '../../components/ui/button.tsx'
import { Bytes, Exact } from '../../components/ui/number.tsx'
import { QueryError } from '../../components/ui/query-error.tsx'
import { SidePanel } from '../../components/ui/side-panel.tsx'
import { Skeleton } from '../../components/ui/skeleton.tsx'
import { type Column, Table } from '../../components/ui/table.tsx'
import { Tabs } from '../../components/ui/tabs.tsx'
import { href } from '../../lib/href.ts'
import { liveInterval } from '../../lib/live-interval.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { useKept } from '../../lib/use-kept.ts'
import { ElectPreferred } from './elect-preferred.tsx'
import { ElectUnclean } from './elect-unclean.tsx'
import { EventLine } from './event-line.tsx'
import { FaultBadges } from './fault-badges.tsx'
import { type PartitionReplicas, placeName, type ReplicaRow } from './outputs.ts'

const REFRESH_MS = 3_000

/** One partition: its replicas, what happened to them, and what can be done. */
export function PartitionPanel(props: { cluster: string; topic: string; partition: number; onClose(): void }) {
  const { cluster, topic, partition, onClose } = props
  const t = useTranslations('replication')
  const trpc = useTRPC()
  const [tab, setTab] = useState<'replicas' | 'history'>('replicas')
  const input = { cluster, topic, partition }
  const onData = useKept(trpc.replication.partition.queryKey(input))
  const live = useSubscription(trpc.replication.partitionLive.subscriptionOptions(input, { onData }))
  const found = useQuery(
    trpc.replication.partition.queryOptions(input, { refetchInterval: liveInterval(live, REFRESH_MS) }),
  )
  const { data } = found
  return (
    <SidePanel title={placeName(props)} onClose={onClose}>
      <QueryError className="m-4" query={found} />
      {data === undefined && found.error === null && <Skeleton className="m-4 w-40" />}
      {data !== undefined && <Head cluster={cluster} data={data} />}
      <Tabs<'replicas' | 'history'>
        label={placeName(props)}
        value={tab}
        onChange={setTab}
        tabs={[
          { value: 'replicas', label: t('replicas') },
          { value: 'history', label: t('tab.history') },
        ]}
      >
        {tab === 'replicas' && data !== undefined && <Replicas rows={data.rows} />}
        {tab === 'history' && <PartitionHistory cluster={cluster} topic={topic} partition={partition} />}
      </Tabs>
    </SidePanel>
  )
}

function Head({ cluster, data }: { cluster: string; data: PartitionReplicas }) {
  const t = useTranslations('replication')
  const forbidden = useForbidden('administer', 'electLeaders')
  const [isUnclean, setUnclean] = useState(false)
  const { topic, partition, leader, replicas, isr, faults, isMoving, minIsr, leaderEpoch } = data
  const isPreferred = leader === replicas[0]
  const needless = isPreferred
    ? t('elect.isPreferred')
    : replicas[0] !== undefined && !isr.includes(replicas[0])
      ? t('elect.notInSync', { id: String(replicas[0]) })
      : undefined
  return (
    <div className="flex flex-col gap-2 border-b px-4 py-2">
      <p className="flex flex-wrap items-center gap-2">
        <FaultBadges faults={faults} isMoving={isMoving} />
      </p>
      <p className="text-meta text-muted">
        {minIsr === null
          ? t('standing', { inSync: isr.length, replicas: replicas.length, epoch: String(leaderEpoch) })
          : t('standingMin', {
              inSync: isr.length,
              replicas: replicas.length,
              epoch: String(leaderEpoch),
              min: minIsr,
            })}
      </p>
      <div className="flex flex-wrap items-center gap-2">
        <ElectPreferred small cluster={cluster} partitions={[{ topic, partition }]} needless={needless} />
        <ButtonLink small href={`${href.brokers(cluster, 'moves')}?plan=true&${new URLSearchParams({ topic })}`}>
          {t('move.topic')}
        </ButtonLink>
        <ButtonLink small href={href.topic(cluster, topic, 'partitions')}>
          {t('toTopic')}
        </ButtonLink>
        {leader < 0 && (
          <Button small kind="wrong" disabledReason={forbidden} onClick={() => setUnclean(true)}>
            <TriangleAlert size={14} strokeWidth={1.75} aria-hidden />
            {t('unclean.open')}
          </Button>
        )}
      </div>
      {isUnclean && (
        <ElectUnclean cluster={cluster} topic={topic} partition={partition} onClose={() => setUnclean(false)} />
      )}
    </div>
  )
}

function Replicas({ rows }: { rows: readonly ReplicaRow[] }) {
  const t = useTranslations('replication')
  const columns: readonly Column<ReplicaRow>[] = [
    {
      id: 'broker',
      header: t('column.broker'),
      cell: (row) => (
        <span className="inline-flex items-center gap-1.5">
          <span className="font-strong">{row.nodeId}</span>
          {row.isLeader && <Badge>{t('leads')}</Badge>}
        </span>
      ),
    },
    {
      id: 'state',
      header: t('column.state'),
      cell: (row) => (
        <span className="inline-flex flex-wrap items-center gap-1.5">
          <ReplicaState row={row} />
          {row.eligibility !== null && <Badge tip={t(`${row.eligibility}Tip`)}>{t(row.eligibility)}</Badge>}
        </span>
      ),
    },
    { id: 'size', header: t('column.size'), align: 'right', cell: (row) => <Bytes value={row.sizeBytes} /> },
    {
      id: 'lag',
      header: <span data-tip={t('column.lagTip')}>{t('column.lag')}</span>,
      align: 'right',
      cell: (row) => <Exact value={row.offsetLag} />,
    },
  ]
  return <Table label={t('replicas')} columns={columns} rows={rows} rowKey={(row) => String(row.nodeId)} />
}

function ReplicaState({ row }: { row: ReplicaRow }) {
  const t = useTranslations('replication')
  if (row.move === 'adding') return <Badge state="busy">{t(row.isInSync ? 'cameInSync' : 'coming')}</Badge>
  if (row.isOffline) return <Badge state="wrong">{t('away')}</Badge>
  if (!row.isInSync) return <Badge state="attention">{t('behind')}</Badge>
  return <span className="text-muted">{t(row.move === 'removing' ? 'going' : 'inSync')}</span>
}

function PartitionHistory({ cluster, topic, partition }: { cluster: string; topic: string; partition: number }) {
  const t = useTranslations('replication')
  const trpc = useTRPC()
  const input = { cluster, topic, partition, limit: 50 }
  const onData = useKept(trpc.replication.history.queryKey(input))
  const live = useSubscription(trpc.replication.historyLive.subscriptionOptions(input, { onData }))
  const history = useQuery(
    trpc.replication.history.queryOptions(input, { refetchInterval: liveInterval(live, REFRESH_MS) }),
  )
  const { data } = history
  if (history.error !== null) return <QueryError className="m-4" query={history} />
  if (data === undefined) return <Skeleton className="m-4 w-40" />
  if (data.events.length === 0)
    return <p className="px-4 py-3 text-muted">{t(data.isKept ? 'noEventsHere' : 'historyOff')}</p>
  return (
    <ol className="flex flex-col">
      {data.events.map((event) => (
        <li key={event.offset} className="border-b px-4 py-2">
          <EventLine event={event} />
        </li>
      ))}
      {data.before !== null && (
        <li className="px-4 py-2">
          <ButtonLink
            small
            href={`${href.brokers(cluster, 'history')}?${new URLSearchParams({ topic, partition: String(partition) })}`}
          >
            {t('older')}
          </ButtonLink>
        </li>
      )}
    </ol>
  )
}
