'use client'
import { useTranslations } from 'next-intl'
import { StateIcon } from '../../components/ui/badge.tsx'
import { Button } from '../../components/ui/button.tsx'
import { Exact } from '../../components/ui/number.tsx'
import { useReasonWords } from '../../lib/failure-words.tsx'
import { exactNumber } from '../../lib/numbers.ts'
import type { Tail } from './use-tail.ts'

/** What is followed: how much came, how much was left out to keep the rate, and why nothing comes, where that is so. */
export function TailStatus({ tail, onStop }: { tail: Tail; onStop(): void }) {
  const t = useTranslations('messages')
  const reasonWords = useReasonWords()
  return (
    <div className="flex min-h-9 flex-wrap items-center gap-x-4 gap-y-1 border-b px-6 py-1.5 text-meta max-sm:px-4">
      <span role="status" aria-live="polite" className="inline-flex items-center gap-1.5 font-strong">
        <StateIcon state={tail.connected && tail.waitingFor === null ? 'busy' : 'attention'} />
        {tail.waitingFor !== null ? t('live.waiting') : tail.connected ? t('live.running') : t('live.connecting')}
      </span>
      <span>
        <Exact value={tail.matched} /> <span className="text-muted">{t('live.came')}</span>
      </span>
      {tail.dropped > 0 && (
        <span className="text-attention" data-tip={t('live.droppedAbout')}>
          {t('live.dropped', { count: exactNumber(tail.dropped) })}
        </span>
      )}
      {tail.waitingFor !== null && <span className="text-attention">{reasonWords(tail.waitingFor)}</span>}
      <Button small className="ml-auto" onClick={onStop}>
        {t('live.stop')}
      </Button>
    </div>
  )
}
