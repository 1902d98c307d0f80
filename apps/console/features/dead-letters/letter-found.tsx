'use client'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { CircleSlash2 } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { ErrorState } from '../../components/ui/error-state.tsx'
import { Skeleton } from '../../components/ui/skeleton.tsx'
import { exactNumber } from '../../lib/numbers.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import type { Condition, Decoder } from '../messages/message-query.ts'
import { LetterView } from './letter-view.tsx'

const WHOLE_BYTES_MAX = 16 * 1024 * 1024

/** Where a letter is. */
export interface LetterSpot {
  readonly cluster: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** What is at a place: the letter, or in words why there is none. */
export function LetterFound(props: {
  place: LetterSpot
  decoders: { readonly key: Decoder; readonly value: Decoder }
  onChanged(): void
  onFilter?(condition: Condition): void
}) {
  const { place, decoders, onChanged, onFilter } = props
  const t = useTranslations('messages')
  const trpc = useTRPC()
  const [whole, setWhole] = useState(false)
  const letter = useQuery(
    trpc.deadLetters.letter.queryOptions(
      { ...place, decoders, ...(whole && { bytesMax: WHOLE_BYTES_MAX }) },
      { placeholderData: whole ? keepPreviousData : undefined },
    ),
  )
  if (letter.error !== null) {
    return <ErrorState className="m-4" error={letter.error} retry={() => letter.refetch()} busy={letter.isFetching} />
  }
  if (letter.data === undefined) {
    return (
      <div className="flex flex-col gap-3 p-4">
        {['w-3/4', 'w-1/2', 'w-2/3'].map((width) => (
          <Skeleton key={width} className={width} />
        ))}
      </div>
    )
  }
  const { found, meaning, state } = letter.data
  if (found.message === null || meaning === null || state === null) {
    return (
      <EmptyState
        icon={CircleSlash2}
        title={t(`gap.${found.missing ?? 'gone'}`, { offset: exactNumber(place.offset) })}
      >
        {found.startOffset === found.endOffset
          ? t('gap.boundsEmpty', { partition: place.partition })
          : t('gap.bounds', {
              partition: place.partition,
              first: exactNumber(found.startOffset),
              last: exactNumber(found.endOffset - 1),
            })}
      </EmptyState>
    )
  }
  return (
    <LetterView
      place={place}
      letter={{ ...letter.data, message: found.message, meaning, state }}
      onLoadAll={() => setWhole(true)}
      onChanged={() => {
        void letter.refetch()
        onChanged()
      }}
      {...(onFilter && { onFilter })}
    />
  )
}
