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
import type { Condition, Decoder } from './message-query.ts'
import { MessageView } from './message-view.tsx'

const WHOLE_BYTES_MAX = 16 * 1024 * 1024

export interface MessagePlace {
  readonly cluster: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** The query of one message, shared by the panel, the page and its actions. */
export function useMessage(
  place: MessagePlace,
  decoders: { readonly key: Decoder; readonly value: Decoder },
  whole = false,
) {
  const trpc = useTRPC()
  return useQuery(
    trpc.messages.get.queryOptions(
      { ...place, decoders, ...(whole && { bytesMax: WHOLE_BYTES_MAX }) },
      { staleTime: 30_000, placeholderData: whole ? keepPreviousData : undefined },
    ),
  )
}

/** What is at a place: the message, or in words why there is none. */
export function MessageFound(props: {
  place: MessagePlace
  decoders: { readonly key: Decoder; readonly value: Decoder }
  onFilter?(condition: Condition): void
}) {
  const { place, decoders, onFilter } = props
  const t = useTranslations('messages')
  const [whole, setWhole] = useState(false)
  const found = useMessage(place, decoders, whole)
  if (found.error !== null) {
    return <ErrorState className="m-4" error={found.error} retry={() => found.refetch()} busy={found.isFetching} />
  }
  if (found.data === undefined) {
    return (
      <div className="flex flex-col gap-3 p-4">
        {['w-3/4', 'w-1/2', 'w-2/3'].map((width) => (
          <Skeleton key={width} className={width} />
        ))}
      </div>
    )
  }
  const { message, missing, startOffset, endOffset } = found.data
  if (message === null) {
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
  return (
    <MessageView
      cluster={place.cluster}
      message={message}
      onLoadAll={() => setWhole(true)}
      {...(onFilter && { onFilter })}
    />
  )
}
