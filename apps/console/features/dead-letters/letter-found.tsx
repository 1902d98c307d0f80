'use client'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { QueryError } from '../../components/ui/query-error.tsx'
import { useTRPC } from '../../lib/trpc.tsx'
import type { Condition, Decoder } from '../messages/message-query.ts'
import { RecordGap, RecordSkeleton } from '../messages/record-gap.tsx'
import { LetterView } from './letter-view.tsx'
import { useLettersChanged } from './use-letters-changed.ts'

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
  const trpc = useTRPC()
  const [whole, setWhole] = useState(false)
  const changed = useLettersChanged()
  const letter = useQuery(
    trpc.deadLetters.letter.queryOptions(
      { ...place, decoders, ...(whole && { bytesMax: WHOLE_BYTES_MAX }) },
      { placeholderData: whole ? keepPreviousData : undefined },
    ),
  )
  if (letter.error !== null) {
    return <QueryError className="m-4" query={letter} />
  }
  if (letter.data === undefined) {
    return <RecordSkeleton />
  }
  const { found, meaning, state } = letter.data
  if (found.message === null || meaning === null || state === null) {
    return <RecordGap place={place} found={found} />
  }
  return (
    <LetterView
      place={place}
      letter={{ ...letter.data, message: found.message, meaning, state }}
      onLoadAll={() => setWhole(true)}
      onChanged={() => {
        void letter.refetch()
        changed()
        onChanged()
      }}
      {...(onFilter && { onFilter })}
    />
  )
}
