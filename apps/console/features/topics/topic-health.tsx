'use client'
import { useTranslations } from 'next-intl'
import { Badge } from '../../components/ui/badge.tsx'

interface Health {
  readonly leaderless: number
  readonly offline: number
  readonly underReplicated: number
}

/** How a topic's partitions fare, the worst only. */
export function TopicHealth({ health }: { health: Health }) {
  const t = useTranslations('topics')
  if (health.leaderless > 0) return <Badge state="wrong">{t('health.leaderless', { count: health.leaderless })}</Badge>
  if (health.offline > 0) return <Badge state="wrong">{t('health.offline', { count: health.offline })}</Badge>
  if (health.underReplicated > 0)
    return <Badge state="attention">{t('health.underReplicated', { count: health.underReplicated })}</Badge>
  return <span className="text-muted">{t('health.good')}</span>
}
