import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { StateIcon } from '../../components/ui/badge.tsx'
import { Time } from '../../components/ui/time.tsx'
import { EventText, eventState } from './event-text.tsx'
import type { HistoryEvent } from './outputs.ts'

/** An event on a line or two: what happened, and when. */
export function EventLine({ event, about }: { event: HistoryEvent; about?: ReactNode }) {
  const t = useTranslations('replication')
  return (
    <div className="flex gap-2">
      <span className="w-[14px] shrink-0 pt-[3px]">
        <StateIcon state={eventState(event)} />
      </span>
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-baseline gap-x-3">
          <span className="font-strong">{t(`event.${event.kind}`)}</span>
          {about}
          <span className="ml-auto text-meta text-muted">
            <Time at={event.atMs} form="ms" />
          </span>
        </p>
        <p className="break-words text-meta text-muted">
          <EventText event={event} />
        </p>
      </div>
    </div>
  )
}
