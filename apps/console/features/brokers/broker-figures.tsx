'use client'
import { useTranslations } from 'next-intl'
import { Figure, FigureStrip } from '../../components/ui/figure.tsx'
import { Bytes, Exact, Unknown } from '../../components/ui/number.tsx'
import { Skeleton } from '../../components/ui/skeleton.tsx'
import { useReasonWords } from '../../lib/failure-words.tsx'
import { durationText } from '../../lib/numbers.ts'
import type { BrokerDetail } from './outputs.ts'

export function BrokerFigures({ data }: { data: BrokerDetail | undefined }) {
  const t = useTranslations('brokers')
  const reasonWords = useReasonWords()
  if (data === undefined) {
    return (
      <FigureStrip>
        {(['state', 'leaders', 'replicas', 'size', 'memory', 'loopDelay'] as const).map((name) => (
          <Figure key={name} label={t(name)} value={<Skeleton />} />
        ))}
      </FigureStrip>
    )
  }
  const vitals = 'reason' in data.vitals ? null : data.vitals
  const untold = 'reason' in data.vitals ? reasonWords(data.vitals.reason) : t('notTold')
  const problems = [...(vitals?.problems ?? []), ...(data.problem === null ? [] : [reasonWords(data.problem)])]
  return (
    <FigureStrip>
      <Figure
        label={t('state')}
        value={vitals === null ? <Unknown reason={untold} /> : t(`status.${vitals.status}`)}
        state={problems.length > 0 ? 'wrong' : vitals === null ? 'unknown' : 'good'}
        why={problems.length > 0 ? problems.join(' · ') : undefined}
      />
      <Figure label={t('leaders')} value={<Exact value={data.leaders} />} />
      <Figure
        label={t('replicas')}
        value={<Exact value={data.replicas} />}
        state={data.outOfSync > 0 ? 'attention' : 'good'}
        why={data.outOfSync > 0 ? t('behind', { count: data.outOfSync }) : undefined}
      />
      <Figure label={t('size')} value={<Bytes value={data.sizeBytes} />} />
      <Figure
        label={t('memory')}
        value={vitals === null ? <Unknown reason={untold} /> : <Bytes value={vitals.residentBytes} />}
      />
      <Figure
        label={t('connections')}
        value={vitals === null ? <Unknown reason={untold} /> : <Exact value={vitals.connections} />}
      />
      <Figure
        label={<span data-tip={t('unflushedTip')}>{t('unflushed')}</span>}
        value={vitals === null ? <Unknown reason={untold} /> : <Bytes value={vitals.unflushedBytes} />}
      />
      <Figure
        label={<span data-tip={t('loopDelayTip')}>{t('loopDelay')}</span>}
        value={
          vitals === null || vitals.eventLoopDelayMs === null ? (
            <Unknown reason={untold} />
          ) : (
            durationText(vitals.eventLoopDelayMs)
          )
        }
      />
    </FigureStrip>
  )
}
