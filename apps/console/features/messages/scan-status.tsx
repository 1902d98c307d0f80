'use client'
import { useTranslations } from 'next-intl'
import { StateIcon } from '../../components/ui/badge.tsx'
import { Button } from '../../components/ui/button.tsx'
import { Bytes, Count, Exact } from '../../components/ui/number.tsx'
import { useReasonWords } from '../../lib/failure-words.tsx'
import { durationText, exactNumber } from '../../lib/numbers.ts'
import type { ScanProgress } from './outputs.ts'
import type { Scan } from './use-scan.ts'

/** How far the search is: what it read, what it found, how fast; what it could not show; Stop and Continue. */
export function ScanStatus({ scan, found, onResume }: { scan: Scan; found: number; onResume(): void }) {
  const t = useTranslations('messages')
  const reasonWords = useReasonWords()
  const { progress, running } = scan
  const share = progress === null || progress.offsetsTotal === 0 ? 0 : progress.offsetsRead / progress.offsetsTotal
  const end = progress?.end ?? null
  return (
    <div className="relative border-b px-6 py-1.5 max-sm:px-4">
      <div className="flex min-h-6 flex-wrap items-center gap-x-4 gap-y-1 text-meta">
        <span role="status" aria-live="polite" className="font-strong">
          {running
            ? t('status.running')
            : end === null
              ? t(scan.stopped ? 'status.stopped' : 'status.none')
              : t(progress?.isAway === true ? 'status.away' : `status.${end}`)}
        </span>
        {progress !== null && (
          <>
            <span>
              <Exact value={found} /> <span className="text-muted">{t('status.matched')}</span>
            </span>
            <span>
              <Count value={progress.scanned} /> <span className="text-muted">{t('status.scanned')}</span>
            </span>
            <span>
              <Bytes value={progress.bytes} />
            </span>
            {progress.elapsedMs > 1_000 && (
              <span>
                <Count value={Math.round((progress.scanned / progress.elapsedMs) * 1000)} unit="/s" />
                <span className="text-muted"> · {durationText(progress.elapsedMs)}</span>
              </span>
            )}
            <Missing progress={progress} />
          </>
        )}
        <span className="ml-auto flex gap-2">
          {running ? (
            <Button small onClick={scan.stop}>
              {t('status.stop')}
            </Button>
          ) : (
            progress !== null &&
            progress.resume !== null && (
              <Button small kind="primary" onClick={onResume}>
                {t('status.continue')}
              </Button>
            )
          )}
          {!running && (
            <Button small onClick={scan.restart}>
              {t('status.again')}
            </Button>
          )}
        </span>
      </div>
      {running && (
        <div
          role="progressbar"
          aria-label={t('status.running')}
          aria-valuenow={Math.round(share * 100)}
          aria-valuemin={0}
          aria-valuemax={100}
          className="absolute inset-x-6 bottom-0 h-0.5 overflow-hidden rounded-full bg-hover max-sm:inset-x-4"
        >
          <div className="h-full bg-accent" style={{ width: `${Math.max(1, share * 100)}%` }} />
        </div>
      )}
      {progress?.failure != null && (
        <p className="flex items-center gap-1.5 text-meta text-wrong">
          <StateIcon state="wrong" />
          {t('status.failedBecause', { reason: reasonWords(progress.failure) })}
        </p>
      )}
    </div>
  )
}

/** What the offsets that hold no row were, and what the filter could not decide. */
function Missing({ progress }: { progress: ScanProgress }) {
  const t = useTranslations('messages')
  const reasonWords = useReasonWords()
  const undecidedReason = progress.undecidedReason === null ? undefined : reasonWords(progress.undecidedReason)
  const parts = [
    progress.markers > 0 && t('missing.markers', { count: progress.markers }),
    progress.rolledBack > 0 && t('missing.rolledBack', { count: exactNumber(progress.rolledBack) }),
    progress.gone > 0 && t('missing.gone', { count: exactNumber(progress.gone) }),
  ].filter((text) => text !== false)
  return (
    <>
      {parts.length > 0 && (
        <span className="text-muted" data-tip={t('missing.about')}>
          {t('missing.label')} {parts.join(', ')}
        </span>
      )}
      {progress.undecided > 0 && (
        <span className="inline-flex items-center gap-1 text-attention" data-tip={undecidedReason}>
          <StateIcon state="attention" />
          {t('missing.undecided', { count: exactNumber(progress.undecided) })}
          <span className="text-muted">({undecidedReason})</span>
        </span>
      )}
      {progress.notes.map((note) => (
        <span key={note} className="inline-flex items-center gap-1 text-attention">
          <StateIcon state="attention" />
          {reasonWords(note)}
        </span>
      ))}
    </>
  )
}
