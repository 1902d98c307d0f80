import { useTranslations } from 'next-intl'
import { StateIcon, textColour } from '../../components/ui/badge.tsx'
import { Bytes, Unknown } from '../../components/ui/number.tsx'
import { cn } from '../../lib/cn.ts'

/** Shares of a volume from which it wants attention, and from which writes are soon refused. */
const ATTENTION = 0.75
const WRONG = 0.9

/** How full a volume is: a bar, the share, and what is free. */
export function DiskUse({ totalBytes, freeBytes }: { totalBytes: number | null; freeBytes: number | null }) {
  const t = useTranslations('brokers')
  if (totalBytes === null || freeBytes === null || totalBytes === 0) return <Unknown reason={t('notTold')} />
  const used = 1 - freeBytes / totalBytes
  const state = used >= WRONG ? 'wrong' : used >= ATTENTION ? 'attention' : 'good'
  return (
    <span className="inline-flex items-center gap-2 whitespace-nowrap">
      <span aria-hidden className="inline-block h-1.5 w-20 overflow-hidden rounded-full bg-line">
        <span
          className={cn(
            'block h-full',
            state === 'good' && 'bg-accent',
            state === 'attention' && 'bg-attention',
            state === 'wrong' && 'bg-wrong',
          )}
          style={{ width: `${Math.round(used * 100)}%` }}
        />
      </span>
      <span className={cn('inline-flex items-center gap-1', textColour[state])}>
        <StateIcon state={state} size={12} />
        {Math.round(used * 100)} %
      </span>
      <span className="text-meta text-muted">
        {t.rich('free', { bytes: () => <Bytes key="free" value={freeBytes} /> })}
      </span>
    </span>
  )
}
