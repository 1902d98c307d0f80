'use client'
import { useTranslations } from 'next-intl'
import { parseAsStringLiteral, useQueryState } from 'nuqs'
import { Chart } from '../../components/ui/chart.tsx'
import { ChartCursor } from '../../components/ui/chart-cursor.tsx'
import { Count } from '../../components/ui/number.tsx'
import { Select } from '../../components/ui/select.tsx'
import { withGaps } from '../../lib/with-gaps.ts'
import type { SeriesData } from './outputs.ts'

const ranges = ['15m', '1h'] as const
const RANGE_MS = { '15m': 900_000, '1h': 3_600_000 }

/** Throughput and lag over time, under one cursor. */
export function History({ series }: { series: SeriesData | undefined }) {
  const t = useTranslations('overview')
  const [range, setRange] = useQueryState('range', parseAsStringLiteral(ranges).withDefault('15m'))
  const times = series?.atMs ?? []
  const from = times.findIndex((at) => at >= (times.at(-1) ?? 0) - RANGE_MS[range])
  const shown = times.slice(Math.max(0, from))
  const values = (name: keyof SeriesData['values']) =>
    withGaps(shown, series?.values[name].slice(Math.max(0, from)) ?? [])
  return (
    <section className="mb-6">
      <div className="mb-1 flex items-center justify-end">
        <Select<(typeof ranges)[number]>
          label={t('range')}
          value={range}
          onChange={(next) => setRange(next)}
          options={[
            { value: '15m', label: t('range15') },
            { value: '1h', label: t('range60') },
          ]}
        />
      </div>
      {shown.length < 2 ? (
        // As high as the charts that come in its place.
        <p className="flex min-h-[152px] items-center justify-center text-center text-muted max-lg:min-h-[320px]">
          {t('noHistory')}
        </p>
      ) : (
        <ChartCursor>
          <div className="grid gap-x-8 gap-y-4 lg:grid-cols-2">
            <Chart
              label={t('throughput')}
              times={shown}
              series={[{ name: t('throughput'), values: values('recordsInPerSecond') }]}
              format={(value) => <Count value={value} unit="/s" />}
            />
            <Chart
              label={t('lagOverTime')}
              times={shown}
              series={[{ name: t('lagOverTime'), values: values('lag') }]}
              format={(value) => <Count value={value} />}
            />
          </div>
        </ChartCursor>
      )}
    </section>
  )
}
