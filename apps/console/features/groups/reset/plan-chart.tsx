'use client'
import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { Chart } from '../../../components/ui/chart.tsx'
import { Count } from '../../../components/ui/number.tsx'
import { useTRPC } from '../../../lib/trpc.tsx'
import { withGaps } from '../../../lib/with-gaps.ts'
import type { ResetPlan } from '../outputs.ts'

/** The share of the chart that lies in the future. */
const AHEAD = 0.12

/** The group's lag until now, and where the plan would put it. */
export function PlanChart(props: { cluster: string; group: string; plan: ResetPlan | undefined }) {
  const { cluster, group, plan } = props
  const t = useTranslations('groups')
  const trpc = useTRPC()
  const series = useQuery(trpc.groups.lagSeries.queryOptions({ cluster, group }))
  const { atMs = [], values } = series.data?.history ?? {}
  if (atMs.length < 2) return null
  const lag = values?.lag ?? []
  const last = atMs.at(-1)!
  const ahead = last + Math.max(1000, (last - atMs[0]!) * AHEAD)
  const rest = plan === undefined ? 0 : (lag.at(-1) ?? 0) - plan.totals.lagNow
  const after = plan === undefined ? null : Math.max(0, rest + plan.totals.lagAfter)
  const before = lag.slice(0, -1).map(() => null)
  return (
    <div className="border-b px-6 py-2 max-sm:px-4">
      <Chart
        label={t('lagOverTime')}
        height={104}
        times={[...atMs, ahead]}
        series={[
          { name: t('column.lag'), values: [...withGaps(atMs, lag), null], leading: true },
          ...(plan === undefined
            ? []
            : [{ name: t('reset.lagAfter'), values: [...before, lag.at(-1) ?? null, after] }]),
        ]}
        format={(value) => <Count value={value} />}
      />
    </div>
  )
}
