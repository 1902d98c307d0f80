'use client'
import { ChevronLeft, ChevronRight, Route, Rows3, Send, ShieldOff } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { useQueryStates } from 'nuqs'
import { useState } from 'react'
import { useForbidden } from '../../components/frame/shell.tsx'
import { Button, ButtonLink } from '../../components/ui/button.tsx'
import { Copy } from '../../components/ui/copy.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { href } from '../../lib/href.ts'
import { MessageFound, type MessagePlace, useMessage } from './message-found.tsx'
import { messageQueryParsers } from './message-query.ts'
import { placeText } from './outputs.ts'

const ProduceDialog = dynamic(async () => (await import('./produce-dialog.tsx')).ProduceDialog, { ssr: false })

/** One message with a page of its own: the address to send to a colleague. */
export function MessagePage({ place }: { place: MessagePlace }) {
  const t = useTranslations('messages')
  const router = useRouter()
  const [producing, setProducing] = useState(false)
  const [{ key, value }] = useQueryStates({ key: messageQueryParsers.key, value: messageQueryParsers.value })
  const forbiddenPayloads = useForbidden('payloads')
  const forbidden = useForbidden('operate')
  const decoders = { key, value }
  const { data } = useMessage(place, decoders)
  const { cluster, topic, partition, offset } = place
  if (forbiddenPayloads !== undefined) {
    return (
      <EmptyState icon={ShieldOff} title={t('empty.forbidden')}>
        {forbiddenPayloads}
      </EmptyState>
    )
  }
  const icon = { size: 16, strokeWidth: 1.75, 'aria-hidden': true } as const
  const list = `${href.topic(cluster, topic)}?from=offset:${offset}&p=${partition}`
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-2 border-b px-6 py-2 max-sm:px-4">
        <h2 className="font-mono font-strong text-heading">{placeText(place)}</h2>
        <Copy label={t('panel.copyLink')} text={() => location.href} />
        <span className="ml-auto flex flex-wrap gap-2">
          {offset > (data?.startOffset ?? 0) && (
            <ButtonLink href={href.record(cluster, topic, partition, offset - 1)}>
              <ChevronLeft {...icon} />
              {t('page.previous')}
            </ButtonLink>
          )}
          {offset + 1 < (data?.endOffset ?? 0) && (
            <ButtonLink href={href.record(cluster, topic, partition, offset + 1)}>
              {t('page.next')}
              <ChevronRight {...icon} />
            </ButtonLink>
          )}
          <ButtonLink href={href.life(cluster, topic, partition, offset)}>
            <Route {...icon} />
            {t('page.life')}
          </ButtonLink>
          <ButtonLink href={list}>
            <Rows3 {...icon} />
            {t('page.list')}
          </ButtonLink>
          <Button disabledReason={forbidden} onClick={() => setProducing(data?.message != null)}>
            <Send {...icon} />
            {t('panel.produceFrom')}
          </Button>
        </span>
      </div>
      <div className="flex min-h-0 flex-1 flex-col px-2 max-sm:px-0">
        <MessageFound
          key={placeText(place)}
          place={place}
          decoders={decoders}
          onFilter={(condition) => {
            const f = messageQueryParsers.f.serialize([condition])
            router.push(`${href.topic(cluster, topic)}?f=${encodeURIComponent(f)}`)
          }}
        />
      </div>
      {producing && data?.message != null && (
        <ProduceDialog
          cluster={cluster}
          topic={topic}
          partitions={undefined}
          from={data.message}
          onClose={() => setProducing(false)}
        />
      )}
    </div>
  )
}
