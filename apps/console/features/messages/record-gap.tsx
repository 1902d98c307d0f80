'use client'
import { CircleSlash2 } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { Skeleton } from '../../components/ui/skeleton.tsx'
import { exactNumber } from '../../lib/numbers.ts'
import type { FoundMessage } from './outputs.ts'

/** Why there is no record at a place, in words, and what its partition holds. */
export function RecordGap(props: {
  place: { readonly partition: number; readonly offset: number }
  found: Pick<FoundMessage, 'missing' | 'startOffset' | 'endOffset'>
}) {
  const { place, found } = props
  const { missing, startOffset, endOffset } = found
  const t = useTranslations('messages')
  return (
    <EmptyState icon={CircleSlash2} title={t(`gap.${missing ?? 'gone'}`, { offset: exactNumber(place.offset) })}>
      {startOffset === endOffset
        ? t('gap.boundsEmpty', { partition: place.partition })
        : t('gap.bounds', {
            partition: place.partition,
            first: exactNumber(startOffset),
            last: exactNumber(endOffset - 1),
          })}
    </EmptyState>
  )
}

/** Stands where a record will. */
export function RecordSkeleton() {
  return (
    <div className="flex flex-col gap-3 p-4">
      {['w-3/4', 'w-1/2', 'w-2/3'].map((width) => (
        <Skeleton key={width} className={width} />
      ))}
    </div>
  )
}
