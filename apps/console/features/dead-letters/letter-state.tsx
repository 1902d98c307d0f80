'use client'
import { useTranslations } from 'next-intl'
import { Badge } from '../../components/ui/badge.tsx'
import type { LetterState } from './outputs.ts'

/** What was done about a letter so far. */
export function LetterStateBadge({ state }: { state: LetterState }) {
  const t = useTranslations('deadLetters')
  return (
    <span className="inline-flex flex-wrap items-center gap-1">
      {state.isResolved && <Badge>{t('state.resolved')}</Badge>}
      {state.resent > 0 && <Badge state="busy">{t('resentTimes', { count: state.resent })}</Badge>}
      {!state.isResolved && state.resent === 0 && <Badge state="attention">{t('state.new')}</Badge>}
    </span>
  )
}
