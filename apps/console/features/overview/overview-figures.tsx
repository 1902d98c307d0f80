'use client'
import { useTranslations } from 'next-intl'
import { Figure, FigureStrip } from '../../components/ui/figure.tsx'
import { Bytes, Count, Exact } from '../../components/ui/number.tsx'
import { Skeleton } from '../../components/ui/skeleton.tsx'
import { Sparkline } from '../../components/ui/sparkline.tsx'
import { shortBytes } from '../../lib/numbers.ts'
import type { OverviewData, SeriesData } from './outputs.ts'

/** The strip under the title: six figures, and why one of them needs attention. */
export function OverviewFigures({ data, series }: { data: OverviewData | undefined; series: SeriesData | undefined }) {
  const t = useTranslations('overview')
  if (data === undefined) {
    return (
      <FigureStrip>
        {(['brokers', 'topics', 'partitions', 'rate', 'lag', 'disk'] as const).map((name) => (
          <Figure key={name} label={t(name)} value={<Skeleton />} />
        ))}
      </FigureStrip>
    )
  }
  // Only Odradek has a flush mode; elsewhere there is nothing to say.
  const { partitions, disk, flushMode } = data
  const unhealthy = [
    partitions.leaderless > 0 && t('leaderless', { count: partitions.leaderless }),
    partitions.offline > 0 && t('offline', { count: partitions.offline }),
    partitions.underReplicated > 0 && t('underReplicated', { count: partitions.underReplicated }),
  ].filter((text) => text !== false)
  const free = disk.freeBytes === null ? null : shortBytes(disk.freeBytes)
  const usage =
    disk.totalBytes === null || disk.freeBytes === null || disk.totalBytes === 0
      ? null
      : 1 - disk.freeBytes / disk.totalBytes
  return (
    <FigureStrip>
      <Figure
        label={t('brokers')}
        value={<Exact value={data.brokers.length} />}
        state={data.controllerId < 0 ? 'wrong' : 'good'}
        why={
          <span className={data.controllerId < 0 ? '' : 'text-muted'}>
            {data.controllerId < 0 ? t('noController') : t('controller', { id: data.controllerId })}
          </span>
        }
      />
      <Figure
        label={t('topics')}
        value={<Exact value={data.topics.total - data.topics.internal} />}
        why={
          data.topics.internal > 0 && (
            <span className="text-muted">{t('internal', { count: data.topics.internal })}</span>
          )
        }
      />
      <Figure
        label={t('partitions')}
        value={<Exact value={partitions.total} />}
        state={partitions.leaderless + partitions.offline > 0 ? 'wrong' : unhealthy.length > 0 ? 'attention' : 'good'}
        why={unhealthy.length > 0 ? unhealthy.join(' · ') : <span className="text-muted">{t('allLed')}</span>}
      />
      <Figure
        label={t('rate')}
        value={<Count value={data.recordsInPerSecond} unit="/s" />}
        trend={<Sparkline label={t('throughput')} values={series?.values.recordsInPerSecond ?? []} />}
      />
      <Figure
        label={t('lag')}
        value={<Count value={data.groups.lag} />}
        trend={<Sparkline label={t('lagOverTime')} values={series?.values.lag ?? []} />}
        why={<span className="text-muted">{t('lagOf', { count: data.groups.total })}</span>}
      />
      <Figure
        label={t('disk')}
        value={usage === null ? <Bytes value={data.sizeBytes} /> : `${Math.round(usage * 100)} %`}
        state={usage === null || usage < disk.attentionAbove ? 'good' : usage < disk.wrongAbove ? 'attention' : 'wrong'}
        why={
          <span className="text-muted">
            {free === null ? t('size') : t('diskFree', { free: `${free.text} ${free.unit}` })}
          </span>
        }
      />
      {flushMode !== null && (
        <Figure
          label={t('flush')}
          value={<span data-tip={t(flushMode === 'sync' ? 'flushSync' : 'flushAsync')}>{flushMode}</span>}
        />
      )}
    </FigureStrip>
  )
}
