import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import type { State } from '../../components/ui/badge.tsx'
import type { HistoryEvent } from './outputs.ts'

/** How bad it is that it happened. */
export function eventState(event: HistoryEvent): State {
  switch (event.kind) {
    case 'leaderLost':
      return 'wrong'
    case 'leaderElected':
      return event.isClean ? 'good' : 'wrong'
    case 'brokerDown':
      return event.isOrderly ? 'good' : 'wrong'
    case 'isrShrunk':
    case 'controllerLost':
      return 'attention'
    case 'reassignmentBegun':
      return 'busy'
    case 'brokerUp':
    case 'brokerStopping':
    case 'controllerElected':
    case 'isrExpanded':
    case 'reassignmentDone':
    case 'reassignmentCancelled':
      return 'good'
    default:
      return event satisfies never
  }
}

/** From what to what. */
export function EventText({ event }: { event: HistoryEvent }): ReactNode {
  const t = useTranslations('replication')
  const ids = (list: readonly number[]) => list.join(', ') || '—'
  const who = (id: number) => (id < 0 ? '—' : String(id))
  switch (event.kind) {
    case 'brokerUp':
      return event.rack === null
        ? t('eventAbout.epoch', { epoch: String(event.epoch) })
        : t('eventAbout.brokerUp', { epoch: String(event.epoch), rack: event.rack })
    case 'brokerDown':
      return t(event.isOrderly ? 'eventAbout.orderly' : 'eventAbout.lease')
    case 'brokerStopping':
      return t('eventAbout.stopping')
    case 'controllerElected':
    case 'controllerLost':
      return t('eventAbout.epoch', { epoch: String(event.epoch) })
    case 'isrShrunk':
    case 'isrExpanded':
      return t('eventAbout.isr', { before: ids(event.before), now: ids(event.isr), leader: who(event.leader) })
    case 'leaderElected':
      return t(event.isClean ? 'eventAbout.leader' : 'eventAbout.leaderUnclean', {
        before: who(event.before),
        now: who(event.leader),
        epoch: String(event.leaderEpoch),
      })
    case 'leaderLost':
      return t('eventAbout.leaderLost', { before: who(event.before), epoch: String(event.leaderEpoch) })
    case 'reassignmentBegun':
    case 'reassignmentDone':
    case 'reassignmentCancelled':
      return t('eventAbout.replicas', { before: ids(event.before), now: ids(event.replicas) })
    default:
      return event satisfies never
  }
}
