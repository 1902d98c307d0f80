'use client'
import {
  CircleAlert,
  CircleCheck,
  CircleHelp,
  Clock,
  Eye,
  Hourglass,
  type LucideIcon,
  MailX,
  PenLine,
  RotateCcw,
  Send,
  Trash2,
} from 'lucide-react'
import Link from 'next/link'
import { useLocale, useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { Time } from '../../components/ui/time.tsx'
import { cn } from '../../lib/cn.ts'
import { useReasonWords } from '../../lib/failure-words.tsx'
import { href } from '../../lib/href.ts'
import { durationText } from '../../lib/numbers.ts'
import { relativeTime } from '../../lib/times.ts'
import type { LifeEvent, LifePlace } from './outputs.ts'

const icons: Readonly<Record<LifeEvent['kind'], LucideIcon>> = {
  produced: PenLine,
  gone: Trash2,
  delayed: Clock,
  rescheduled: Clock,
  notYet: Hourglass,
  visible: Eye,
  failed: CircleAlert,
  retried: RotateCcw,
  waits: Hourglass,
  deadLetter: MailX,
  resent: Send,
  resolved: CircleCheck,
  unresolved: CircleHelp,
  consumed: CircleCheck,
  ahead: Hourglass,
  notCommitted: CircleHelp,
}
/** Of these the place is that of an event above, or none to read at. */
const untold: ReadonlySet<LifeEvent['kind']> = new Set(['notYet', 'waits', 'consumed', 'ahead', 'notCommitted'])
/** Shorter than this is not worth a line between two events. */
const GAP_MS_MIN = 1

/** Events down a line, with the time between them. */
export function LifeLine({ cluster, events }: { cluster: string; events: readonly LifeEvent[] }) {
  const t = useTranslations('life')
  let before: number | null = null
  return (
    <ol className="flex flex-col">
      {events.map((event, n) => {
        const gapMs: number | null = before === null || event.atMs === null ? null : event.atMs - before
        if (event.atMs !== null) before = event.atMs
        const Icon = icons[event.kind]
        const isBad = event.kind === 'failed' || event.kind === 'deadLetter' || event.kind === 'gone'
        return (
          <li key={n} className="relative flex gap-3 pb-3 last:pb-0">
            {n < events.length - 1 && <span aria-hidden className="absolute top-5 bottom-0 left-[7px] w-px bg-line" />}
            <Icon
              size={16}
              strokeWidth={1.75}
              aria-hidden
              className={cn('relative z-[1] mt-0.5 shrink-0 bg-page', isBad ? 'text-wrong' : 'text-muted')}
            />
            <div className={cn('min-w-0 flex-1', event.isHere && '-mx-2 rounded-control bg-accent-soft px-2')}>
              <div className="flex flex-wrap items-baseline gap-x-3">
                <span className={cn('font-strong', isBad && 'text-wrong')}>
                  <What event={event} />
                  {event.isHere && <span className="font-regular text-meta text-muted"> · {t('here')}</span>}
                </span>
                <span className="ml-auto text-meta text-muted">
                  {event.atMs !== null && <Time at={event.atMs} form="ms" />}
                  {gapMs !== null && gapMs >= GAP_MS_MIN && ` · +${durationText(gapMs)}`}
                </span>
              </div>
              <About event={event} />
              {event.place !== null && !untold.has(event.kind) && (
                <PlaceLink cluster={cluster} place={event.place} asLife={!event.isHere && event.kind !== 'gone'} />
              )}
              {event.kind === 'deadLetter' && event.place !== null && (
                <MoreLink href={href.letter(cluster, event.place.topic, event.place.partition, event.place.offset)}>
                  {t('toLetter')}
                </MoreLink>
              )}
              {event.kind === 'resent' && event.job !== null && (
                <MoreLink href={href.job(cluster, event.job)}>{t('toJob')}</MoreLink>
              )}
              {event.kind === 'waits' && event.place !== null && (
                <MoreLink href={href.retry(cluster, event.place.topic)}>{t('toRetries')}</MoreLink>
              )}
              {event.kind === 'notYet' && event.place !== null && (
                <MoreLink href={href.waiting(cluster, event.place.topic, event.place.partition, event.place.offset)}>
                  {t('toWaiting')}
                </MoreLink>
              )}
              {event.kind === 'resent' && event.target !== null && (
                <PlaceLink cluster={cluster} place={event.target} asLife={false} />
              )}
            </div>
          </li>
        )
      })}
    </ol>
  )
}

function PlaceLink({ cluster, place, asLife }: { cluster: string; place: LifePlace; asLife: boolean }) {
  const t = useTranslations('life')
  const { topic, partition, offset } = place
  return (
    <p className="flex flex-wrap gap-x-3 text-meta">
      <Link
        href={href.record(cluster, topic, partition, offset)}
        prefetch={false}
        className="break-all font-mono text-accent hover:underline"
      >
        {topic}/{partition}@{offset}
      </Link>
      {asLife && (
        <Link
          href={href.life(cluster, topic, partition, offset)}
          prefetch={false}
          className="text-muted hover:text-accent"
        >
          {t('fromHere')}
        </Link>
      )}
    </p>
  )
}

function MoreLink(props: { href: string; children: ReactNode }) {
  return (
    <p className="text-meta">
      <Link href={props.href} prefetch={false} className="text-accent hover:underline">
        {props.children}
      </Link>
    </p>
  )
}

/** What happened, in a few words. */
function What({ event }: { event: LifeEvent }): ReactNode {
  const t = useTranslations('life')
  switch (event.kind) {
    case 'failed':
    case 'retried':
      return t(`event.${event.kind}`, { number: event.number })
    case 'waits':
      return t(event.isDeadLetter ? 'event.waitsDead' : 'event.waits', { number: event.number })
    case 'ahead':
      return t(event.before === 0 ? 'event.next' : 'event.ahead', { before: event.before })
    default:
      return t(`event.${event.kind}`)
  }
}

/** What more is known of it. */
function About({ event }: { event: LifeEvent }): ReactNode {
  const t = useTranslations('life')
  const reasonWords = useReasonWords()
  const locale = useLocale()
  const lines: ReactNode[] = []
  switch (event.kind) {
    case 'produced':
      lines.push(t(`clock.${event.clock}`))
      if (event.producerId !== null) lines.push(t('producerId', { id: String(event.producerId) }))
      break
    case 'gone':
      lines.push(t('goneAbout'))
      break
    case 'delayed':
      lines.push(
        <code key="header" className="break-all font-mono">
          {event.header}={event.value}
        </code>,
      )
      if (event.dueMs !== null)
        lines.push(t.rich('dueAt', { time: () => <Time key="due" at={event.dueMs!} form="ms" /> }))
      if (event.waitedMs !== null) lines.push(t('waited', { time: durationText(event.waitedMs) }))
      break
    case 'rescheduled':
      lines.push(t('rescheduledFrom', { from: event.from }))
      break
    case 'visible':
      if (event.lateMs !== null) lines.push(t('late', { time: durationText(event.lateMs) }))
      break
    case 'failed':
      lines.push(t('reportedBy', { client: event.client === '' ? '—' : event.client, host: event.host || '—' }))
      break
    case 'retried':
      if (event.waitedMs !== null) lines.push(t('waited', { time: durationText(event.waitedMs) }))
      break
    case 'notYet':
    case 'waits':
      lines.push(t.rich('dueAt', { time: () => <Time key="due" at={event.dueMs} form="ms" /> }))
      lines.push(relativeTime(event.dueMs, Date.now(), locale))
      break
    case 'deadLetter':
      if (event.reason !== null) lines.push(reasonWords(event.reason))
      break
    case 'resent':
      if (event.by !== null) lines.push(t('resentBy', { by: event.by }))
      if (event.isEdited) lines.push(t('edited'))
      if (event.from !== null) lines.push(t('resentFrom', { from: event.from }))
      if (event.to !== null) lines.push(t('resentTo', { to: event.to }))
      break
    case 'resolved':
    case 'unresolved':
      if (event.by !== null) lines.push(t('resentBy', { by: event.by }))
      break
    case 'consumed':
      lines.push(t('consumedAbout'))
      break
    case 'notCommitted':
      lines.push(t('notCommittedAbout'))
      break
    case 'ahead':
      break
    default:
      return event satisfies never
  }
  return (
    <>
      {lines.length > 0 && (
        <p className="flex flex-wrap gap-x-3 break-words text-meta text-muted">
          {lines.map((line, n) => (
            <span key={n} className="min-w-0 break-words">
              {line}
            </span>
          ))}
        </p>
      )}
      {event.kind === 'failed' && event.error !== null && <Failure text={event.error} />}
    </>
  )
}

/** The first line of an error; the rest when it is asked for. */
function Failure({ text }: { text: string }) {
  const t = useTranslations('life')
  const [head = '', ...rest] = text.split('\n')
  if (rest.length === 0) return <p className="break-words font-mono text-meta">{head}</p>
  return (
    <details className="text-meta">
      <summary className="break-words font-mono" aria-label={t('errorDetails')}>
        {head}
      </summary>
      <pre className="overflow-x-auto whitespace-pre-wrap break-words pt-1 font-mono text-muted">{rest.join('\n')}</pre>
    </details>
  )
}
