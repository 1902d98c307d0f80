'use client'
import { useQuery } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { useTranslations } from 'next-intl'
import { cn } from '../../lib/cn.ts'
import { liveInterval } from '../../lib/live-interval.ts'
import { shortCount } from '../../lib/numbers.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { useKept } from '../../lib/use-kept.ts'

const REFRESH_MS = 15_000

/** How many alerts fire, beside their place in the rail; nothing where none does. */
export function AlertMark({ cluster, narrow }: { cluster: string; narrow: boolean }) {
  const t = useTranslations('alerts')
  const { alerts } = useTRPC()
  const onData = useKept(alerts.firing.queryKey({ cluster }))
  const live = useSubscription(alerts.firingLive.subscriptionOptions({ cluster }, { onData }))
  const refetchInterval = liveInterval(live, REFRESH_MS)
  const { data } = useQuery(alerts.firing.queryOptions({ cluster }, { refetchInterval, retry: false }))
  const firing = data?.firing ?? 0
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
