'use client'
import { useQuery } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { HardDrive } from 'lucide-react'
import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { PageBody } from '../../components/frame/page.tsx'
import { RouteTabs } from '../../components/frame/route-tabs.tsx'
import { TitleRow } from '../../components/frame/title-row.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { Figure, FigureStrip } from '../../components/ui/figure.tsx'
import { Bytes, Exact, Unknown } from '../../components/ui/number.tsx'
import { QueryError, ToldFailure } from '../../components/ui/query-error.tsx'
import { SilentBrokers } from '../../components/ui/silent-brokers.tsx'
import { Skeleton } from '../../components/ui/skeleton.tsx'
import { useReasonWords } from '../../lib/failure-words.tsx'
import { href } from '../../lib/href.ts'
import { liveInterval } from '../../lib/live-interval.ts'
import { durationText } from '../../lib/numbers.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { useKept } from '../../lib/use-kept.ts'
import type { StorageOverview } from './outputs.ts'

export const STORAGE_REFRESH_MS = 10_000

/** What stands around every tab of storage: how full, what is not flushed, what goes within a day. */
export function StorageFrame({ cluster, children }: { cluster: string; children: ReactNode }) {
  const t = useTranslations('storage')
  const trpc = useTRPC()
  const onData = useKept(trpc.storage.get.queryKey({ cluster }))
  const live = useSubscription(trpc.storage.getLive.subscriptionOptions({ cluster }, { onData }))
  const refetchInterval = liveInterval(live, STORAGE_REFRESH_MS)
  const about = useQuery(trpc.storage.get.queryOptions({ cluster }, { refetchInterval }))
  const { data } = about
  const reasonWords = useReasonWords()
  const problem = data?.problem ?? null
  const isForeign = problem !== null
  return (
    <>
      <TitleRow title={t('title')} />
      {!isForeign && <Figures data={data} />}
      {!isForeign && (
        <RouteTabs
          label={t('title')}
          tabs={[
            { href: href.storage(cluster), label: t('tab.disks') },
            { href: href.storage(cluster, 'topics'), label: t('tab.topics') },
            { href: href.storage(cluster, 'deleted'), label: t('tab.deleted') },
          ]}
        />
      )}
      <QueryError className="m-4" query={about} />
      {!isForeign && <SilentBrokers brokers={data?.silent} />}
      <PageBody>
        {problem === null ? (
          <ToldFailure error={about.error}>{children}</ToldFailure>
        ) : (
          <EmptyState icon={HardDrive} title={t('unsupported')}>
            {reasonWords(problem)}
          </EmptyState>
        )}
      </PageBody>
    </>
  )
}

function Figures({ data }: { data: StorageOverview | undefined }) {
  const t = useTranslations('storage')
  if (data === undefined) {
    return (
      <FigureStrip>
        {(['fullest', 'going', 'flushMode', 'unflushed', 'flushTime', 'damaged'] as const).map((name) => (
          <Figure key={name} label={t(`figure.${name}`)} value={<Skeleton />} />
        ))}
      </FigureStrip>
    )
  }
  const { brokers, flush } = data
  const disks = brokers.flatMap((broker) => broker.disks)
  const fullest = disks.reduce((max, { usedPercent }) => Math.max(max, usedPercent), 0)
  const worst = disks.find(({ usedPercent }) => usedPercent === fullest)
  const isWrong = worst !== undefined && ['forcing', 'refusing', 'full'].includes(worst.state)
  const damaged = brokers.reduce((sum, broker) => sum + broker.damaged.length, 0)
  const flushMs = brokers.reduce<number | null>((max, broker) => {
    return broker.flush.durationMs === null ? max : Math.max(max ?? 0, broker.flush.durationMs)
  }, null)
  const sum = (of: (broker: (typeof brokers)[number]) => number) => brokers.reduce((total, one) => total + of(one), 0)
  return (
    <FigureStrip>
      <Figure
        label={t('figure.fullest')}
        value={worst === undefined ? <Unknown /> : `${Math.round(fullest)} %`}
        state={isWrong ? 'wrong' : worst?.state === 'expiring' ? 'attention' : 'good'}
        why={worst !== undefined && worst.state !== 'roomy' ? t(`state.${worst.state}`) : undefined}
      />
      <Figure label={t('figure.going')} value={<Bytes value={sum(({ goingBytes }) => goingBytes)} />} />
      <Figure
        label={<span data-tip={t('figure.flushModeTip')}>{t('figure.flushMode')}</span>}
        value={
          flush?.mode == null ? (
            <Unknown />
          ) : flush.mode === 'async' && flush.intervalMs !== null ? (
            t('flushEvery', { mode: flush.mode, time: durationText(flush.intervalMs) })
          ) : (
            flush.mode
          )
        }
      />
      <Figure
        label={<span data-tip={t('figure.unflushedTip')}>{t('figure.unflushed')}</span>}
        value={<Bytes value={sum(({ flush: { dirtyBytes } }) => dirtyBytes)} />}
      />
      <Figure
        label={<span data-tip={t('figure.flushTimeTip')}>{t('figure.flushTime')}</span>}
        value={flushMs === null ? <Unknown reason={t('noFlush')} /> : durationText(flushMs)}
      />
      <Figure label={t('figure.damaged')} value={<Exact value={damaged} />} state={damaged > 0 ? 'wrong' : 'good'} />
    </FigureStrip>
  )
}
