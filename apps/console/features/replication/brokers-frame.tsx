'use client'
import { useQuery } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { ArrowLeftRight } from 'lucide-react'
import dynamic from 'next/dynamic'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { type ReactNode, useState } from 'react'
import { PageBody } from '../../components/frame/page.tsx'
import { RouteTabs } from '../../components/frame/route-tabs.tsx'
import { useForbidden } from '../../components/frame/shell.tsx'
import { TitleRow } from '../../components/frame/title-row.tsx'
import { StateIcon } from '../../components/ui/badge.tsx'
import { Button, ButtonLink } from '../../components/ui/button.tsx'
import { Figure, FigureStrip } from '../../components/ui/figure.tsx'
import { Exact, Unknown } from '../../components/ui/number.tsx'
import { QueryError, ToldFailure } from '../../components/ui/query-error.tsx'
import { SilentBrokers } from '../../components/ui/silent-brokers.tsx'
import { Skeleton } from '../../components/ui/skeleton.tsx'
import { cn } from '../../lib/cn.ts'
import { href } from '../../lib/href.ts'
import { liveInterval } from '../../lib/live-interval.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { useKept } from '../../lib/use-kept.ts'
import { ElectPreferred } from './elect-preferred.tsx'
import type { ReplicationOverview } from './outputs.ts'

const UnregisterBroker = dynamic(async () => (await import('./unregister-broker.tsx')).UnregisterBroker, { ssr: false })

const REFRESH_MS = 5_000

/** What stands around every tab of the brokers: the controller, and how their replicas are. */
export function BrokersFrame({ cluster, children }: { cluster: string; children: ReactNode }) {
  const t = useTranslations('replication')
  const brokers = useTranslations('brokers')
  const trpc = useTRPC()
  const onData = useKept(trpc.replication.overview.queryKey({ cluster }))
  const live = useSubscription(trpc.replication.overviewLive.subscriptionOptions({ cluster }, { onData }))
  const about = useQuery(
    trpc.replication.overview.queryOptions({ cluster }, { refetchInterval: liveInterval(live, REFRESH_MS) }),
  )
  const { data } = about
  return (
    <>
      <TitleRow
        title={brokers('title')}
        actions={
          <>
            {(data?.partitions.notPreferred ?? 0) > 0 && <ElectPreferred cluster={cluster} partitions={null} />}
            <ButtonLink href={`${href.brokers(cluster, 'moves')}?plan=true`}>
              <ArrowLeftRight size={16} strokeWidth={1.75} aria-hidden />
              {t('move.open')}
            </ButtonLink>
          </>
        }
      />
      <Figures cluster={cluster} data={data} />
      <RouteTabs
        label={brokers('title')}
        tabs={[
          { href: href.brokers(cluster), label: brokers('title') },
          { href: href.brokers(cluster, 'partitions'), label: t('tab.partitions') },
          { href: href.brokers(cluster, 'moves'), label: t('tab.moves', { count: data?.moving ?? 0 }) },
          { href: href.brokers(cluster, 'history'), label: t('tab.history') },
        ]}
      />
      <PageBody>
        <QueryError className="m-4" query={about} />
        <SilentBrokers brokers={data?.silent} />
        {data !== undefined && <Notices cluster={cluster} data={data} />}
        <ToldFailure error={about.error}>{children}</ToldFailure>
      </PageBody>
    </>
  )
}

function Figures({ cluster, data }: { cluster: string; data: ReplicationOverview | undefined }) {
  const t = useTranslations('replication')
  const names = ['controller', 'leaderless', 'underMinIsr', 'underReplicated', 'notPreferred', 'moving'] as const
  if (data === undefined) {
    return (
      <FigureStrip>
        {names.map((name) => (
          <Figure key={name} label={t(`figure.${name}`)} value={<Skeleton />} />
        ))}
      </FigureStrip>
    )
  }
  const { controllerId, controllerEpoch, partitions, minIsrUnknown, moving, isMovingLate } = data
  const linked = (only: 'leaderless' | 'underMinIsr' | 'underReplicated' | 'notPreferred') => (
    <Link href={`${href.brokers(cluster, 'partitions')}?only=${only}`} className="hover:underline">
      <Exact value={partitions[only]} />
    </Link>
  )
  return (
    <FigureStrip>
      <Figure
        label={t('figure.controller')}
        value={
          controllerId < 0 ? (
            t('noController')
          ) : (
            <Link href={href.broker(cluster, controllerId)} prefetch={false} className="hover:underline">
              {t('controllerIs', { id: String(controllerId) })}
            </Link>
          )
        }
        state={controllerId < 0 ? 'wrong' : 'good'}
        why={controllerEpoch === null ? undefined : t('epoch', { epoch: String(controllerEpoch) })}
      />
      <Figure
        label={t('figure.leaderless')}
        value={linked('leaderless')}
        state={partitions.leaderless > 0 ? 'wrong' : 'good'}
      />
      <Figure
        label={<span data-tip={t('faultAbout.underMinIsr')}>{t('figure.underMinIsr')}</span>}
        value={linked('underMinIsr')}
        state={partitions.underMinIsr > 0 ? 'wrong' : minIsrUnknown > 0 ? 'attention' : 'good'}
        why={minIsrUnknown > 0 ? t('minIsrUnknown', { count: minIsrUnknown }) : undefined}
      />
      <Figure
        label={<span data-tip={t('faultAbout.underReplicated')}>{t('figure.underReplicated')}</span>}
        value={linked('underReplicated')}
        state={partitions.underReplicated > 0 ? 'attention' : 'good'}
      />
      <Figure
        label={<span data-tip={t('faultAbout.notPreferred')}>{t('figure.notPreferred')}</span>}
        value={linked('notPreferred')}
      />
      <Figure
        label={t('figure.moving')}
        value={
          moving === null ? (
            <Unknown reason={t(isMovingLate ? 'movesLate' : 'movesUntold')} />
          ) : (
            <Exact value={moving} />
          )
        }
        state={moving !== null && moving > 0 ? 'busy' : 'good'}
      />
    </FigureStrip>
  )
}

/** Brokers that are away though they hold replicas, and a store that takes no changes. */
function Notices({ cluster, data }: { cluster: string; data: ReplicationOverview }) {
  const t = useTranslations('replication')
  if (data.gone.length === 0 && data.storeProblems.length === 0) return null
  return (
    <ul aria-label={t('notices')} className="flex flex-col gap-1.5 border-b px-6 py-2 max-sm:px-4">
      {data.gone.map((broker) => (
        <Gone key={broker.nodeId} cluster={cluster} broker={broker} />
      ))}
      {data.storeProblems.map((problem) => (
        <li key={problem} className="flex flex-wrap items-center gap-2">
          <StateIcon state="wrong" />
          <span className="font-strong text-wrong">{t('storeAway')}</span>
          <span className="min-w-0 break-words">{problem}</span>
        </li>
      ))}
    </ul>
  )
}

function Gone({ cluster, broker }: { cluster: string; broker: ReplicationOverview['gone'][number] }) {
  const t = useTranslations('replication')
  const forbidden = useForbidden('administer', 'unregisterBroker')
  const [isForgetting, setForgetting] = useState(false)
  const { nodeId, address, replicas, alone } = broker
  return (
    <li className="flex flex-wrap items-center gap-2">
      <StateIcon state={replicas > 0 ? 'wrong' : 'attention'} />
      <span className={cn('font-strong', replicas > 0 ? 'text-wrong' : 'text-attention')}>
        {t('gone', { id: String(nodeId) })}
      </span>
      {address !== null && <span className="font-mono text-meta text-muted">{address}</span>}
      <span className="min-w-0 break-words">
        {replicas > 0 ? t('goneReplicas', { replicas, alone }) : t('goneEmpty')}
      </span>
      {replicas > 0 ? (
        <ButtonLink small href={`${href.brokers(cluster, 'moves')}?plan=true&without=${nodeId}`}>
          {t('goneMove')}
        </ButtonLink>
      ) : (
        <Button small disabledReason={forbidden} onClick={() => setForgetting(true)}>
          {t('unregister.open')}
        </Button>
      )}
      {isForgetting && <UnregisterBroker cluster={cluster} nodeId={nodeId} onClose={() => setForgetting(false)} />}
    </li>
  )
}
