'use client'
import { Send } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { useForbidden } from '../../components/frame/shell.tsx'
import { IconButton } from '../../components/ui/button.tsx'
import { href } from '../../lib/href.ts'
import { MessageFound, type MessagePlace, useMessage } from './message-found.tsx'
import type { Condition, Decoder } from './message-query.ts'
import { placeText } from './outputs.ts'
import { RecordPanel } from './record-panel.tsx'

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
  return (
    <RecordPanel
      place={place}
      address={href.record(place.cluster, place.topic, place.partition, place.offset)}
      onClose={onClose}
      onWalk={onWalk}
      onOpenPage={onOpenPage}
      actions={
        <IconButton
          label={t('panel.produceFrom')}
          disabledReason={forbidden}
          onClick={() => setProducing(data?.message != null)}
        >
          <Send size={16} strokeWidth={1.75} />
        </IconButton>
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
    </RecordPanel>
  )
}
