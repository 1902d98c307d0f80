'use client'
import { href } from '../../lib/href.ts'
import type { Condition, Decoder } from '../messages/message-query.ts'
import { placeText } from '../messages/outputs.ts'
import { RecordPanel } from '../messages/record-panel.tsx'
import { LetterFound, type LetterSpot } from './letter-found.tsx'

/** The chosen letter beside the list. */
export function LetterPanel(props: {
  place: LetterSpot
  decoders: { readonly key: Decoder; readonly value: Decoder }
  onClose(): void
  onWalk(step: 1 | -1): void
  onOpenPage(): void
  onChanged(): void
  onFilter(condition: Condition): void
}) {
  const { place, decoders, onClose, onWalk, onOpenPage, onChanged, onFilter } = props
  return (
    <RecordPanel
      place={place}
      address={href.letter(place.cluster, place.topic, place.partition, place.offset)}
      onClose={onClose}
      onWalk={onWalk}
      onOpenPage={onOpenPage}
    >
      <LetterFound key={placeText(place)} place={place} decoders={decoders} onChanged={onChanged} onFilter={onFilter} />
    </RecordPanel>
  )
}
