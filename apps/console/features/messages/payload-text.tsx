'use client'
import { useTranslations } from 'next-intl'
import { Badge } from '../../components/ui/badge.tsx'
import { useReasonWords } from '../../lib/failure-words.tsx'
import type { PayloadView } from './outputs.ts'

/** A payload on one line; null and empty are told apart from text that says so. */
export function PayloadText({ payload }: { payload: PayloadView }) {
  const t = useTranslations('messages')
  const reasonWords = useReasonWords()
  if (payload.kind === 'null' || payload.kind === 'empty') {
    return <span className="text-muted">{t(`kind.${payload.kind}`)}</span>
  }
  const [problem] = payload.problems
  return (
    <span className="inline-flex max-w-full items-center gap-1.5">
      {(payload.kind === 'hex' || problem !== undefined) && (
        <Badge
          state={problem === undefined ? 'good' : 'attention'}
          {...(problem && { tip: reasonWords(problem.reason) })}
        >
          {payload.kind}
        </Badge>
      )}
      <span className="min-w-0 truncate font-mono text-meta">{payload.text.replace(/\s+/g, ' ')}</span>
    </span>
  )
}
