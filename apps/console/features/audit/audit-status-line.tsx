'use client'
import { useTranslations } from 'next-intl'
import { Badge } from '../../components/ui/badge.tsx'
import type { AuditStatus } from './outputs.ts'

const states = { on: 'good', off: 'attention', failing: 'wrong' } as const

/** Where entries are kept now, and how many only here. */
export function AuditStatusLine({ status }: { status: AuditStatus }) {
  const t = useTranslations('audit')
  return (
    <Badge state={states[status.state]} {...(status.reason !== null && { tip: status.reason })}>
      {t(`state.${status.state}`, { topic: status.topic, count: status.unwritten })}
    </Badge>
  )
}
