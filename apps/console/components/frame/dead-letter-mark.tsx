'use client'
import { useQuery } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { useTranslations } from 'next-intl'
import { cn } from '../../lib/cn.ts'
import { liveInterval } from '../../lib/live-interval.ts'
import { exactNumber, shortCount } from '../../lib/numbers.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { useKept } from '../../lib/use-kept.ts'

const REFRESH_MS = 30_000

/** How many dead letters there are, beside their place in the rail; nothing where there are none. */
export function DeadLetterMark({ cluster, narrow }: { cluster: string; narrow: boolean }) {
  const t = useTranslations('deadLetters')
  const { deadLetters } = useTRPC()
  const onData = useKept(deadLetters.totals.queryKey({ cluster }))
  const live = useSubscription(deadLetters.totalsLive.subscriptionOptions({ cluster }, { onData }))
  const refetchInterval = liveInterval(live, REFRESH_MS)
  const { data } = useQuery(deadLetters.totals.queryOptions({ cluster }, { refetchInterval, staleTime: REFRESH_MS }))
  if (data === undefined || data.letters === 0) return null
  const { text, unit } = shortCount(data.letters)
  return (
    <span
      data-tip={t('mark', { letters: exactNumber(data.letters), grown: exactNumber(data.grown) })}
      className={cn(
        'rounded-full bg-attention-soft px-1.5 text-attention text-meta leading-4',
        narrow ? 'absolute top-0 right-0' : 'ml-auto',
      )}
    >
      {text}
      {unit}
    </span>
  )
}
