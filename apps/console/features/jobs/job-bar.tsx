'use client'
import { useTranslations } from 'next-intl'
import { exactNumber } from '../../lib/numbers.ts'
import type { Job } from './outputs.ts'

/** How far a job is: sent, failed and skipped side by side, the rest is still to come. */
export function JobBar({ job }: { job: Job }) {
  const t = useTranslations('jobs')
  const { matched, sent, failed, skipped } = job
  const over = sent + failed + skipped
  const share = (count: number) => `${matched === 0 ? 0 : (count / matched) * 100}%`
  return (
    <div
      role="progressbar"
      aria-label={t('progress')}
      aria-valuemin={0}
      aria-valuemax={matched}
      aria-valuenow={over}
      aria-valuetext={t('progressText', { over: exactNumber(over), matched: exactNumber(matched) })}
      className="flex h-1.5 w-full min-w-24 overflow-hidden rounded-full bg-hover"
    >
      <span className="h-full bg-accent" style={{ width: share(sent) }} />
      <span className="h-full bg-wrong" style={{ width: share(failed) }} />
      <span className="h-full bg-line-strong" style={{ width: share(skipped) }} />
    </div>
  )
}
