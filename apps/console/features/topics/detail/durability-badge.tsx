'use client'
import { ShieldCheck, ShieldHalf, ShieldOff } from 'lucide-react'
import { useFormatter, useTranslations } from 'next-intl'
import { Badge } from '../../../components/ui/badge.tsx'
import type { TopicDetail } from '../outputs.ts'

type Durability = NonNullable<TopicDetail['durability']>

const icons = { none: ShieldOff, some: ShieldHalf, strong: ShieldCheck }

/** Flush and replicas in a few letters, and in one sentence what an acknowledged record survives with them. */
export function DurabilityBadge({ durability }: { durability: Durability }) {
  const t = useTranslations('topics')
  const format = useFormatter()
  const { survives, replicas, flush, level } = durability
  const kept = [t('durability.crash')]
  const lost: string[] = []
  ;(survives.powerLoss ? kept : lost).push(t('durability.power'))
  if (survives.disksLost > 0) kept.push(t('durability.disks', { count: survives.disksLost }))
  else lost.push(t('durability.ownDisk'))
  const sentence = t('durability.survives', { kept: format.list(kept) })
  const but = lost.length === 0 ? '' : t('durability.but', { lost: format.list(lost, { type: 'disjunction' }) })
  const Icon = icons[level]
  return (
    <Badge tip={`${sentence}${but}`}>
      <Icon size={12} strokeWidth={1.75} aria-hidden />
      {t('durability.short', { replicas, flush })}
      <span className="sr-only">{`${sentence}${but}`}</span>
    </Badge>
  )
}
