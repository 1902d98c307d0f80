'use client'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { QueryError } from '../../components/ui/query-error.tsx'
import { useTRPC } from '../../lib/trpc.tsx'
import type { Condition, Decoder } from './message-query.ts'
import { MessageView } from './message-view.tsx'
import { RecordGap, RecordSkeleton } from './record-gap.tsx'

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
      {
        staleTime: 30_000,
        placeholderData: whole ? keepPreviousData : undefined,
      },
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
  const [whole, setWhole] = useState(false)
  const found = useMessage(place, decoders, whole)
  if (found.error !== null) {
    return <QueryError className="m-4" query={found} />
  }
  if (found.data === undefined) {
    return <RecordSkeleton />
  }
  const { message } = found.data
  if (message === null) {
    return <RecordGap place={place} found={found.data} />
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
