'use client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { ChevronDown, ChevronUp, CircleSlash2, Clock, Route, Send, Undo2 } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useLocale, useTranslations } from 'next-intl'
import { useState } from 'react'
import { useForbidden } from '../../components/frame/shell.tsx'
import { Button, ButtonLink, IconButton } from '../../components/ui/button.tsx'
import { Copy } from '../../components/ui/copy.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { QueryError } from '../../components/ui/query-error.tsx'
import { SidePanel } from '../../components/ui/side-panel.tsx'
import { Skeleton } from '../../components/ui/skeleton.tsx'
import { Tabs } from '../../components/ui/tabs.tsx'
import { Time } from '../../components/ui/time.tsx'
import { askAgain } from '../../lib/ask-again.ts'
import { href } from '../../lib/href.ts'
import { liveInterval } from '../../lib/live-interval.ts'
import { relativeTime } from '../../lib/times.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { placeText } from '../messages/outputs.ts'
import { PayloadPane } from '../messages/payload-pane.tsx'
import type { WaitingMessage } from './outputs.ts'

const RescheduleDialog = dynamic(async () => (await import('./reschedule-dialog.tsx')).RescheduleDialog, { ssr: false })

const REFRESH_MS = 5_000

type Tab = 'value' | 'key' | 'headers'

export interface WaitingPlace {
  readonly cluster: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** One record that waits: what is in it, when it is due, and what can be done about it. */
export function WaitingPanel(props: {
  place: WaitingPlace
  onClose(): void
  onWalk(step: 1 | -1): void
  onOrder(what: 'recall' | 'deliver'): void
  onMoved(offset: number): void
}) {
  const { place, onClose, onWalk, onOrder, onMoved } = props
  const t = useTranslations('delayed')
  const messages = useTranslations('messages')
  const locale = useLocale()
  const trpc = useTRPC()
  const operate = useForbidden('operate')
  const [moving, setMoving] = useState(false)
  const queryClient = useQueryClient()
  const live = useSubscription(
    trpc.delayed.getLive.subscriptionOptions(place, {
      onData(view) {
        if (view === null) return void askAgain(queryClient, trpc.delayed.get.queryFilter(place))
        queryClient.setQueryData(trpc.delayed.get.queryKey(place), view.record)
      },
    }),
  )
  const found = useQuery(trpc.delayed.get.queryOptions(place, { refetchInterval: liveInterval(live, REFRESH_MS) }))
  const { data } = found
  const icon = { size: 16, strokeWidth: 1.75, 'aria-hidden': true } as const
  return (
    <SidePanel
      title={placeText(place)}
      onClose={onClose}
      actions={
        <>
          <IconButton label={messages('panel.previous')} onClick={() => onWalk(-1)}>
            <ChevronUp {...icon} />
          </IconButton>
          <IconButton label={messages('panel.next')} onClick={() => onWalk(1)}>
            <ChevronDown {...icon} />
          </IconButton>
        </>
      }
    >
      <QueryError className="m-4" query={found} />
      {data === undefined && found.error === null && <Skeleton className="m-4 w-40" />}
      {data === null && (
        <EmptyState icon={CircleSlash2} title={t('gone')}>
          {t('goneAbout')}
        </EmptyState>
      )}
      {data != null && (
        <>
          <div className="flex flex-wrap items-center gap-2 border-b px-4 py-2">
            <p className="w-full">
              {t('column.due')} <Time at={data.due} form="ms" />{' '}
              <span className="text-muted">{relativeTime(data.due, Date.now(), locale)}</span>
            </p>
            <Button small disabledReason={operate} onClick={() => setMoving(true)}>
              <Clock size={14} strokeWidth={1.75} aria-hidden />
              {t('act.reschedule')}
            </Button>
            <Button small disabledReason={operate} onClick={() => onOrder('deliver')}>
              <Send size={14} strokeWidth={1.75} aria-hidden />
              {t('act.deliver')}
            </Button>
            <Button small disabledReason={operate} onClick={() => onOrder('recall')}>
              <Undo2 size={14} strokeWidth={1.75} aria-hidden />
              {t('act.recall')}
            </Button>
            <ButtonLink small href={href.waitingLife(place.cluster, place.topic, place.partition, place.offset)}>
              <Route size={14} strokeWidth={1.75} aria-hidden />
              {messages('page.life')}
            </ButtonLink>
          </div>
          <Inside message={data} />
          {moving && (
            <RescheduleDialog place={place} due={data.due} onMoved={onMoved} onClose={() => setMoving(false)} />
          )}
        </>
      )}
    </SidePanel>
  )
}

function Inside({ message }: { message: WaitingMessage }) {
  const t = useTranslations('messages')
  const [tab, setTab] = useState<Tab>('value')
  return (
    <Tabs<Tab>
      label={t('parts')}
      value={tab}
      onChange={setTab}
      tabs={[
        { value: 'value', label: t('column.value') },
        { value: 'key', label: t('column.key') },
        { value: 'headers', label: `${t('column.headers')} ${message.headers.length}` },
      ]}
    >
      {tab === 'value' && <PayloadPane root="value" label={t('column.value')} payload={message.value} />}
      {tab === 'key' && <PayloadPane root="key" label={t('column.key')} payload={message.key} />}
      {tab === 'headers' && (
        <dl className="flex flex-col overflow-y-auto">
          {message.headers.map(({ key, value }, index) => (
            <div key={index} className="flex items-start gap-3 border-b px-4 py-1.5">
              <dt className="w-40 shrink-0 break-all font-mono text-meta text-muted">{key}</dt>
              <dd className="min-w-0 flex-1 whitespace-pre-wrap break-all font-mono text-meta">{value.text}</dd>
              <Copy text={value.text} />
            </div>
          ))}
        </dl>
      )}
    </Tabs>
  )
}
