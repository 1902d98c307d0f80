'use client'
import { CircleHelp } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useReasonWords } from '../../lib/failure-words.tsx'
import { exactNumber } from '../../lib/numbers.ts'
import type { LifeUnknown } from './outputs.ts'

/** What is not known, and why: so that silence is not taken for an answer. */
export function LifeUnknowns({ unknown }: { unknown: readonly LifeUnknown[] }) {
  const t = useTranslations('life')
  if (unknown.length === 0) return null
  return (
    <section aria-label={t('unknown.title')}>
      <h2 className="mb-2 text-heading">{t('unknown.title')}</h2>
      <ul className="flex flex-col gap-1.5">
        {unknown.map((one, n) => (
          <li key={n} className="flex gap-3 text-muted">
            <CircleHelp size={16} strokeWidth={1.75} aria-hidden className="mt-0.5 shrink-0" />
            <span className="min-w-0 break-words">
              <Text unknown={one} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Text({ unknown }: { unknown: LifeUnknown }) {
  const t = useTranslations('life')
  const reasonWords = useReasonWords()
  switch (unknown.kind) {
    case 'consumedWhen':
    case 'originUnknown':
    case 'noGroups':
      return t(`unknown.${unknown.kind}`)
    case 'originGone': {
      const { topic, partition, offset } = unknown.place
      return t('unknown.originGone', { place: `${topic}/${partition}@${offset}` })
    }
    case 'searchCut':
      return t('unknown.searchCut', { topic: unknown.topic, records: exactNumber(unknown.records) })
    case 'searchFailed':
      return t('unknown.searchFailed', { topic: unknown.topic, reason: reasonWords(unknown.reason) })
    case 'waitingUntold':
    case 'foreign':
      return t(`unknown.${unknown.kind}`, { reason: reasonWords(unknown.reason) })
    case 'groupsCut':
      return t('unknown.groupsCut', { looked: unknown.looked, total: unknown.total })
    case 'attemptsCut':
      return t('unknown.attemptsCut', { group: unknown.group, known: unknown.known, total: unknown.total })
    default:
      return unknown satisfies never
  }
}
