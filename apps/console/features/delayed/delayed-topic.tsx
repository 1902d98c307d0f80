'use client'
import { keepPreviousData, skipToken, useQuery } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { ChevronLeft, ChevronRight, FileQuestion, ZoomIn, ZoomOut } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useQueryStates } from 'nuqs'
import { PageBody } from '../../components/frame/page.tsx'
import { TitleRow } from '../../components/frame/title-row.tsx'
import { Button, ButtonLink, IconButton } from '../../components/ui/button.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { Figure, FigureStrip } from '../../components/ui/figure.tsx'
import { Bytes, Exact } from '../../components/ui/number.tsx'
import { QueryError, ToldFailure } from '../../components/ui/query-error.tsx'
import { SilentBrokers } from '../../components/ui/silent-brokers.tsx'
import { Skeleton } from '../../components/ui/skeleton.tsx'
import { Time } from '../../components/ui/time.tsx'
import { useReasonWords } from '../../lib/failure-words.tsx'
import { href } from '../../lib/href.ts'
import { liveInterval } from '../../lib/live-interval.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { useKept } from '../../lib/use-kept.ts'
import { delayedQueryParsers, timelineInput, windowOf } from './delayed-query.ts'
import type { Timeline, DelayedTopic as TopicRow } from './outputs.ts'
import { TimelineChart } from './timeline-chart.tsx'
import { useDelayedTopics } from './use-delayed-topics.ts'
import { WaitingList } from './waiting-list.tsx'

const REFRESH_MS = 5_000
const PRESETS = { hour: 3_600_000, day: 86_400_000, week: 604_800_000 } as const

/** What waits in one topic: a picture of when, and the records of the window that it shows. */
export function DelayedTopic({ cluster, topic }: { cluster: string; topic: string }) {
  const t = useTranslations('delayed')
  const reasonWords = useReasonWords()
  const trpc = useTRPC()
  const [query, setQuery] = useQueryStates(delayedQueryParsers)
  const topics = useDelayedTopics(cluster)
  const row = topics.data?.topics.find((one) => one.topic === topic)
  const input = timelineInput(cluster, topic, query)
  const onData = useKept(trpc.delayed.timeline.queryKey(input))
  const live = useSubscription(
    trpc.delayed.timelineLive.subscriptionOptions(row === undefined ? skipToken : input, { onData }),
  )
  const timeline = useQuery(
    trpc.delayed.timeline.queryOptions(input, {
      enabled: row !== undefined,
      refetchInterval: liveInterval(live, REFRESH_MS),
      placeholderData: keepPreviousData,
    }),
  )
  const zoom = ({ from, to }: { from: number; to: number }) =>
    void setQuery({ from: Math.max(0, Math.round(from)), to: Math.round(to), at: null }, { history: 'push' })
  const isMissing = topics.data !== undefined && row === undefined
  return (
    <>
      <TitleRow
        parents={[{ label: t('title'), href: href.delayed(cluster) }]}
        title={topic}
        actions={
          !isMissing && (
            <>
              {row?.kind === 'retry' && <ButtonLink href={href.retry(cluster, topic)}>{t('toRetries')}</ButtonLink>}
              <ButtonLink href={href.topic(cluster, topic)}>{t('visible')}</ButtonLink>
            </>
          )
        }
      />
      {isMissing ? (
        <EmptyState
          icon={FileQuestion}
          title={topics.data?.problem == null ? t('missing', { topic }) : t('unsupported')}
          action={<ButtonLink href={href.delayed(cluster)}>{t('all')}</ButtonLink>}
        >
          {topics.data?.problem == null ? t('missingAbout') : reasonWords(topics.data.problem)}
          <SilentBrokers brokers={topics.data?.silent} />
        </EmptyState>
      ) : (
        <>
          <Figures row={row} timeline={timeline.data} />
          <PageBody>
            <QueryError className="m-4" query={topics} />
            <ToldFailure error={topics.error}>
              <QueryError className="m-4" query={timeline} />
            </ToldFailure>
            <SilentBrokers brokers={topics.data?.silent} />
            <section aria-label={t('timeline')} className="px-6 pt-3 pb-1 max-sm:px-4">
              <ZoomBar
                timeline={timeline.data}
                isAll={windowOf(query) === undefined}
                onZoom={zoom}
                onAll={() => void setQuery({ from: null, to: null, at: null }, { history: 'push' })}
              />
              {timeline.data === undefined ? (
                <div className="h-[168px]" />
              ) : (
                <TimelineChart
                  label={t('timelineAbout', { topic, count: timeline.data.counts.reduce((sum, one) => sum + one, 0) })}
                  timeline={timeline.data}
                  now={Date.now()}
                  onZoom={zoom}
                />
              )}
            </section>
            <ToldFailure error={topics.error ?? timeline.error}>
              <WaitingList cluster={cluster} topic={topic} isThere={row !== undefined} />
            </ToldFailure>
          </PageBody>
        </>
      )}
    </>
  )
}

function Figures({ row, timeline }: { row: TopicRow | undefined; timeline: Timeline | undefined }) {
  const t = useTranslations('delayed')
  const due = (at: number | null | undefined) => (at == null ? <span className="text-muted">—</span> : <Time at={at} />)
  const refusal = row?.refusals[0]
  return (
    <FigureStrip>
      <Figure
        label={t('column.waiting')}
        value={row === undefined ? <Skeleton /> : <Exact value={row.waiting} />}
        state={refusal === undefined ? 'good' : 'wrong'}
        why={refusal && t('refusedWhy', { partition: refusal.partition, text: refusal.text, count: refusal.attempts })}
      />
      <Figure label={t('column.next')} value={row === undefined ? <Skeleton /> : due(row.nextDue)} />
      <Figure label={t('last')} value={timeline === undefined ? <Skeleton /> : due(timeline.last)} />
      <Figure
        label={<span data-tip={t('column.bytesTip')}>{t('column.bytes')}</span>}
        value={row === undefined ? <Skeleton /> : <Bytes value={row.bytes} />}
      />
    </FigureStrip>
  )
}

/** The window by buttons: for the keyboard, and for what a drag cannot do. */
function ZoomBar(props: {
  timeline: Timeline | undefined
  isAll: boolean
  onZoom(window: { from: number; to: number }): void
  onAll(): void
}) {
  const { timeline, isAll, onZoom, onAll } = props
  const t = useTranslations('delayed')
  const icon = { size: 16, strokeWidth: 1.75, 'aria-hidden': true } as const
  const { from = 0, to = 0, before = 0, after = 0 } = timeline ?? {}
  const length = to - from
  const scale = (factor: number) => {
    const middle = from + length / 2
    onZoom({ from: middle - (length * factor) / 2, to: Math.max(middle + (length * factor) / 2, middle + 1) })
  }
  const move = (share: number) => onZoom({ from: Math.max(0, from + length * share), to: to + length * share })
  return (
    <div className="mb-1 flex flex-wrap items-center gap-1">
      <h2 className="mr-2 text-heading">{t('timeline')}</h2>
      <IconButton small label={t('zoom.earlier')} onClick={() => move(-0.5)}>
        <ChevronLeft {...icon} />
      </IconButton>
      <IconButton small label={t('zoom.in')} onClick={() => scale(0.5)}>
        <ZoomIn {...icon} />
      </IconButton>
      <IconButton small label={t('zoom.out')} onClick={() => scale(2)}>
        <ZoomOut {...icon} />
      </IconButton>
      <IconButton small label={t('zoom.later')} onClick={() => move(0.5)}>
        <ChevronRight {...icon} />
      </IconButton>
      {(['hour', 'day', 'week'] as const).map((preset) => (
        <Button key={preset} small onClick={() => onZoom({ from: Date.now(), to: Date.now() + PRESETS[preset] })}>
          {t(`zoom.${preset}`)}
        </Button>
      ))}
      <Button small aria-pressed={isAll} onClick={onAll}>
        {t('zoom.all')}
      </Button>
      {(before > 0 || after > 0) && (
        <span className="ml-2 text-meta text-muted">{t('outside', { before, after })}</span>
      )}
    </div>
  )
}
