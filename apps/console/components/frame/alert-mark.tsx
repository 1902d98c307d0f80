'use client'
import { useTranslations } from 'next-intl'
import { useAlerts } from '../../features/alerts/use-alerts.ts'
import { cn } from '../../lib/cn.ts'
import { shortCount } from '../../lib/numbers.ts'

/** How many alerts fire, beside their place in the rail; nothing where none does. */
export function AlertMark({ cluster, narrow }: { cluster: string; narrow: boolean }) {
  const t = useTranslations('alerts')
  const { data } = useAlerts(cluster)
  const firing = data?.status.firing ?? 0
  if (firing === 0) return null
  const { text, unit } = shortCount(firing)
  return (
    <span
      data-tip={t('firingCount', { count: firing })}
      className={cn(
        'rounded-full bg-wrong-soft px-1.5 text-meta text-wrong leading-4',
        narrow ? 'absolute top-0 right-0' : 'ml-auto',
      )}
    >
      {text}
      {unit}
    </span>
  )
}
