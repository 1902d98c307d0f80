'use client'
import { useTranslations } from 'next-intl'
import { useLetterReason } from '../jobs/use-letter-reason.ts'
import type { ResendChoice } from './outputs.ts'

export type TargetKind = 'retry' | 'origin'

/** Where a letter goes: to its group alone, or back to where it came from, where others read too. */
export function TargetChoice(props: {
  choices: readonly ResendChoice[]
  value: TargetKind
  onChange(value: TargetKind): void
}) {
  const { choices, value, onChange } = props
  const t = useTranslations('deadLetters')
  const letterReason = useLetterReason()
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 font-strong">{t('target.label')}</legend>
      {choices.map(({ kind, topic, reason, why, others }) => {
        if (kind === 'topic') return null
        return (
          <label key={kind} className="flex items-start gap-2">
            <input
              type="radio"
              name="target"
              checked={value === kind}
              disabled={topic === null}
              onChange={() => onChange(kind)}
              className="mt-1 accent-[var(--accent)]"
            />
            <span className="min-w-0">
              <span className="font-strong">{t(`target.${kind}`)}</span>{' '}
              {topic !== null && <span className="break-all font-mono text-meta">{topic}</span>}
              <span className="block text-meta text-muted">
                {topic === null
                  ? (letterReason(reason, why) ?? t('target.impossible'))
                  : kind === 'retry'
                    ? t('target.retryAbout')
                    : others.length === 0
                      ? t('target.nobodyElse')
                      : t('target.duplicates', {
                          count: others.length,
                          groups: others
                            .slice(0, 5)
                            .map(({ id }) => id)
                            .join(', '),
                        })}
              </span>
            </span>
          </label>
        )
      })}
    </fieldset>
  )
}
