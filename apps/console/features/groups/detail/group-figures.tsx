'use client'
import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { Figure, FigureStrip } from '../../../components/ui/figure.tsx'
import { Count, Exact } from '../../../components/ui/number.tsx'
import { Skeleton } from '../../../components/ui/skeleton.tsx'
import { Sparkline } from '../../../components/ui/sparkline.tsx'
import { useTRPC } from '../../../lib/trpc.tsx'
import { LagTrend } from '../lag-trend.tsx'
import type { GroupDetail } from '../outputs.ts'

export function GroupFigures(props: { cluster: string; group: string; data: GroupDetail | undefined }) {
  const { cluster, group, data } = props
  const t = useTranslations('groups')
  const trpc = useTRPC()
  const series = useQuery(trpc.groups.lagSeries.queryOptions({ cluster, group }))
  if (data === undefined) {
    return (
      <FigureStrip>
        {(['lag', 'members', 'topics', 'partitions', 'coordinator'] as const).map((name) => (
          <Figure key={name} label={t(`column.${name}`)} value={<Skeleton />} />
        ))}
      </FigureStrip>
    )
  }
  const topics = new Set(data.partitions.map(({ topic }) => topic))
  const nobodyReads = data.members.length === 0 && data.lag > 0
  return (
    <FigureStrip>
      <Figure
        label={<span data-tip={t('column.lagTip')}>{t('column.lag')}</span>}
        value={<Count value={data.lag} />}
        trend={
          <>
            <LagTrend perSecond={series.data?.trend ?? null} />
            <Sparkline label={t('lagOverTime')} values={series.data?.history?.values.lag ?? []} />
          </>
        }
      />
      <Figure
        label={t('column.members')}
        value={<Exact value={data.members.length} />}
        state={nobodyReads ? 'attention' : 'good'}
        why={nobodyReads ? t('nobodyReads') : undefined}
      />
      <Figure label={t('column.topics')} value={<Exact value={topics.size} />} />
      <Figure
        label={t('column.partitions')}
        value={<Exact value={data.partitions.length} />}
        why={
          data.unconsumed > 0 ? (
            <span className="text-muted">{t('unconsumed', { count: data.unconsumed })}</span>
          ) : undefined
        }
      />
      <Figure label={t('column.coordinator')} value={<Exact value={data.coordinator} />} />
    </FigureStrip>
  )
}
