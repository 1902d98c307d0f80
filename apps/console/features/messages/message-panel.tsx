'use client'
import { ChevronDown, ChevronUp, Link2, Maximize2, Send } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { useForbidden } from '../../components/frame/shell.tsx'
import { IconButton } from '../../components/ui/button.tsx'
import { Copy } from '../../components/ui/copy.tsx'
import { SidePanel } from '../../components/ui/side-panel.tsx'
import { href } from '../../lib/href.ts'
import { MessageFound, type MessagePlace, useMessage } from './message-found.tsx'
import type { Condition, Decoder } from './message-query.ts'
import { placeText } from './outputs.ts'

const ProduceDialog = dynamic(async () => (await import('./produce-dialog.tsx')).ProduceDialog, { ssr: false })

/** The chosen message beside the list. */
export function MessagePanel(props: {
  place: MessagePlace
  decoders: { readonly key: Decoder; readonly value: Decoder }
  onClose(): void
  onWalk(step: 1 | -1): void
  onFilter(condition: Condition): void
  onOpenPage(): void
}) {
  const { place, decoders, onClose, onWalk, onFilter, onOpenPage } = props
  const t = useTranslations('messages')
  const [producing, setProducing] = useState(false)
  const forbidden = useForbidden('operate')
  const { data } = useMessage(place, decoders)
  const icon = { size: 16, strokeWidth: 1.75 } as const
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
          <CopyLink place={place} />
          <IconButton
            label={t('panel.produceFrom')}
            disabledReason={forbidden}
            onClick={() => setProducing(data?.message != null)}
          >
            <Send {...icon} />
          </IconButton>
          <IconButton label={t('panel.page')} onClick={onOpenPage}>
            <Maximize2 {...icon} />
          </IconButton>
        </>
      }
    >
      <MessageFound key={placeText(place)} place={place} decoders={decoders} onFilter={onFilter} />
      {producing && data?.message != null && (
        <ProduceDialog
          cluster={place.cluster}
          topic={place.topic}
          partitions={undefined}
          from={data.message}
          onClose={() => setProducing(false)}
        />
      )}
    </SidePanel>
  )
}

function CopyLink({ place }: { place: MessagePlace }) {
  const t = useTranslations('messages')
  const link = () => location.origin + href.record(place.cluster, place.topic, place.partition, place.offset)
  return (
    <span className="inline-flex items-center">
      <Link2 size={14} strokeWidth={1.75} aria-hidden className="text-muted" />
      <Copy label={t('panel.copyLink')} text={link} />
    </span>
  )
}
