'use client'
import { OctagonX } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { apiError, errorDetails } from '../../lib/api-error.ts'
import { cn } from '../../lib/cn.ts'
import { useFailureWords } from '../../lib/failure-words.tsx'
import { Button } from './button.tsx'
import { Copy } from './copy.tsx'

/** An error where the action was: what was tried, the protocol's name and number, what to do, Retry, Copy details. */
export function ErrorState(props: { error: unknown; retry?: () => void; busy?: boolean; className?: string }) {
  const t = useTranslations('frame')
  const failure = apiError(props.error)
  const error = useFailureWords()(failure)
  const away = error.code === 'NETWORK'
  return (
    <div
      role="alert"
      className={cn('flex gap-3 rounded-panel border border-wrong/40 bg-wrong-soft p-3', props.className)}
    >
      <OctagonX size={16} strokeWidth={1.75} aria-hidden className="mt-0.5 shrink-0 text-wrong" />
      <div className="min-w-0 flex-1">
        <p className="break-words font-strong">{away ? t('error.noAnswer') : error.message}</p>
        {error.tried !== undefined && <p className="break-words">{t('error.tried', { what: error.tried })}</p>}
        {error.kafka !== undefined && (
          <p className="font-mono text-meta">
            {error.kafka.name} ({error.kafka.number})
          </p>
        )}
        {(error.remedy !== undefined || away) && (
          <p className="mt-1 break-words text-muted">{error.remedy ?? t('error.noAnswerRemedy')}</p>
        )}
        <div className="mt-2 flex items-center gap-1">
          {props.retry !== undefined && (
            <Button small onClick={props.retry} busy={props.busy ?? false}>
              {t('retry')}
            </Button>
          )}
          <Copy label={t('copyDetails')} text={() => errorDetails(failure)} />
        </div>
      </div>
    </div>
  )
}
