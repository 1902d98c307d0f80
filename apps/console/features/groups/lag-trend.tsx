import { ArrowDown, ArrowUp } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { Count } from '../../components/ui/number.tsx'

/** Below this the lag is as it was. */
const STILL_PER_SECOND = 0.05

/** How fast a lag grows or shrinks, with an arrow and a word for those who see neither. */
export function LagTrend({ perSecond }: { perSecond: number | null }) {
  const t = useTranslations('groups')
  if (perSecond === null || Math.abs(perSecond) < STILL_PER_SECOND) return null
  const grows = perSecond > 0
  const Arrow = grows ? ArrowUp : ArrowDown
  return (
    <span
      className={
        grows ? 'inline-flex items-center text-attention text-meta' : 'inline-flex items-center text-meta text-muted'
      }
      data-tip={t(grows ? 'trend.grows' : 'trend.shrinks')}
    >
      <Arrow size={12} strokeWidth={1.75} aria-hidden />
      <span className="sr-only">{t(grows ? 'trend.grows' : 'trend.shrinks')}</span>
      <Count value={Math.abs(perSecond)} unit="/s" />
    </span>
  )
}
