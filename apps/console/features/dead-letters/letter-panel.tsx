'use client'
import { ChevronDown, ChevronUp, Maximize2 } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { IconButton } from '../../components/ui/button.tsx'
import { Copy } from '../../components/ui/copy.tsx'
import { SidePanel } from '../../components/ui/side-panel.tsx'
import { href } from '../../lib/href.ts'
import type { Condition, Decoder } from '../messages/message-query.ts'
import { placeText } from '../messages/outputs.ts'
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
  const t = useTranslations('messages')
  const icon = { size: 16, strokeWidth: 1.75 } as const
  const link = () => location.origin + href.letter(place.cluster, place.topic, place.partition, place.offset)
  return (
    <SidePanel
      title={placeText(place)}
      onClose={onClose}
      actions={
        <>
          <IconButton label={t('panel.previous')} onClick={() => onWalk(-1)}>
            <ChevronUp {...icon} />
          </IconButton>
          <IconButton label={t('panel.next')} onClick={() => onWalk(1)}>
            <ChevronDown {...icon} />
          </IconButton>
          <Copy label={t('panel.copyLink')} text={link} />
          <IconButton label={t('panel.page')} onClick={onOpenPage}>
            <Maximize2 {...icon} />
          </IconButton>
        </>
      }
    >
      <LetterFound key={placeText(place)} place={place} decoders={decoders} onChanged={onChanged} onFilter={onFilter} />
    </SidePanel>
  )
}
