'use client'
import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { Figure, FigureStrip } from '../../../components/ui/figure.tsx'
import { Bytes, Count, Exact } from '../../../components/ui/number.tsx'
import { Skeleton } from '../../../components/ui/skeleton.tsx'
import { Sparkline } from '../../../components/ui/sparkline.tsx'
import { useTRPC } from '../../../lib/trpc.tsx'
import type { TopicDetail } from '../outputs.ts'

export function TopicFigures(props: { cluster: string; topic: string; data: TopicDetail | undefined }) {
  const { cluster, topic, data } = props
  const t = useTranslations('topics')
  const trpc = useTRPC()
  const series = useQuery(trpc.topics.series.queryOptions({ cluster, topic }))
  if (data === undefined) {
    return (
      <FigureStrip>
        {(['partitions', 'replicationFactor', 'records', 'size', 'rate'] as const).map((name) => (
          <Figure key={name} label={t(`column.${name}`)} value={<Skeleton />} />
        ))}
      </FigureStrip>
    )
  }
  const problems = [
    data.leaderless > 0 && t('health.leaderless', { count: data.leaderless }),
    data.offline > 0 && t('health.offline', { count: data.offline }),
    data.underReplicated > 0 && t('health.underReplicated', { count: data.underReplicated }),
  ].filter((text) => text !== false)
  return (
    <FigureStrip>
      <Figure
        label={t('column.partitions')}
        value={<Exact value={data.partitions} />}
        state={data.leaderless + data.offline > 0 ? 'wrong' : problems.length > 0 ? 'attention' : 'good'}
        why={problems.length > 0 ? problems.join(' · ') : <span className="text-muted">{t('health.good')}</span>}
      />
      <Figure label={t('column.replicationFactor')} value={<Exact value={data.replicationFactor} />} />
      <Figure
        label={<span data-tip={t('column.recordsTip')}>{t('column.records')}</span>}
        value={<Count value={data.records} />}
      />
      <Figure label={t('column.size')} value={<Bytes value={data.sizeBytes} />} />
      <Figure
        label={t('column.rate')}
        value={<Count value={data.recordsInPerSecond} unit="/s" />}
        trend={<Sparkline label={t('column.rate')} values={series.data?.values.recordsInPerSecond ?? []} />}
      />
    </FigureStrip>
  )
}
