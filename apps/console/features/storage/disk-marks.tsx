'use client'
import { useTranslations } from 'next-intl'
import { cn } from '../../lib/cn.ts'
import type { StorageDisk } from './outputs.ts'

const marks = ['expiring', 'forcing', 'refusing', 'full'] as const

/** How full a disk is, with a mark where each state begins. */
export function DiskMarks({ disk }: { disk: StorageDisk }) {
  const t = useTranslations('storage')
  const { usedPercent, thresholds, state } = disk
  const about = marks.map((mark) => `${thresholds[mark].abovePercent} %: ${t(`stateAbout.${mark}`)}`).join('\n')
  return (
    <span className="inline-flex w-56 items-center gap-2 max-sm:w-44" data-tip={about}>
      <span
        role="img"
        aria-label={t('marksAbout', {
          used: Math.round(usedPercent),
          marks: marks.map((mark) => thresholds[mark].abovePercent).join(', '),
        })}
        className="relative h-2 min-w-0 flex-1 overflow-hidden rounded-full bg-line"
      >
        <span
          className={cn(
            'absolute inset-y-0 left-0',
            state === 'roomy' ? 'bg-accent' : state === 'expiring' ? 'bg-attention' : 'bg-wrong',
          )}
          style={{ width: `${Math.min(100, usedPercent)}%` }}
        />
        {marks.map((mark) => (
          <span
            key={mark}
            className="absolute inset-y-0 w-px bg-text"
            style={{ left: `${Math.min(99.5, thresholds[mark].abovePercent)}%` }}
          />
        ))}
      </span>
      <span className="w-12 text-right">{usedPercent.toFixed(1)} %</span>
    </span>
  )
}
