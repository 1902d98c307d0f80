'use client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { useTranslations } from 'next-intl'
import { CommandLine } from '../../components/ui/command-line.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { Bytes, Exact } from '../../components/ui/number.tsx'
import { QueryError } from '../../components/ui/query-error.tsx'
import { SidePanel } from '../../components/ui/side-panel.tsx'
import { Skeleton } from '../../components/ui/skeleton.tsx'
import { Time } from '../../components/ui/time.tsx'
import { askAgain } from '../../lib/ask-again.ts'
import { liveInterval } from '../../lib/live-interval.ts'
import { durationText, shortBytes } from '../../lib/numbers.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import type { HORIZONS } from './forecast-query.ts'
import type { TopicForecast } from './outputs.ts'
import { STORAGE_REFRESH_MS } from './storage-frame.tsx'

const STEPS_MAX = 200

/** Everything that is known of what cleanup will do to one topic. */
export function ForecastPanel(props: {
  cluster: string
  topic: string
  hours: (typeof HORIZONS)[number]
  onClose(): void
}) {
  const { cluster, topic, hours, onClose } = props
  const t = useTranslations('storage')
  const frame = useTranslations('frame')
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const input = { cluster, topic, horizon: hours }
  const live = useSubscription(
    trpc.storage.topicLive.subscriptionOptions(input, {
      onData(view) {
        if (view === null) return void askAgain(queryClient, trpc.storage.topic.queryFilter(input))
        queryClient.setQueryData(trpc.storage.topic.queryKey(input), view.topic)
      },
    }),
  )
  const refetchInterval = liveInterval(live, STORAGE_REFRESH_MS)
  const found = useQuery(trpc.storage.topic.queryOptions(input, { refetchInterval }))
  const { data } = found
  return (
    <SidePanel title={topic} onClose={onClose}>
      <QueryError className="m-4" query={found} />
      {data === undefined && found.error === null && <Skeleton className="m-4 w-40" />}
      {data === null && <EmptyState title={t('untold')} />}
      {data != null && (
        <div className="flex flex-col gap-4 p-4">
          <Rules data={data} />
          <section>
            <h3 className="mb-1">{t('steps', { days: hours / 24 })}</h3>
            {data.steps.length === 0 ? (
              <p className="text-muted">{data.kept === null ? t('nothingGoes') : t(`kept.${data.kept}`)}</p>
            ) : (
              <ol>
                {data.steps.slice(0, STEPS_MAX).map((step) => (
                  <li key={`${step.at} ${step.reason} ${Object.keys(step.startOffsets)}`} className="border-b py-1.5">
                    <p className="flex flex-wrap gap-x-3">
                      <Time at={Date.parse(step.at)} />
                      <span>{t(`reason.${step.reason}`)}</span>
                      <span className="ml-auto">
                        <Bytes value={step.bytes} />
                      </span>
                    </p>
                    <p className="break-words text-meta text-muted">
                      {t('segments', { count: step.segments })} ·{' '}
                      {t('beginsAt', {
                        offsets: Object.entries(step.startOffsets)
                          .slice(0, 8)
                          .map(([partition, offset]) => `${partition}: ${offset}`)
                          .join(', '),
                      })}
                    </p>
                  </li>
                ))}
                {data.steps.length > STEPS_MAX && (
                  <li className="text-muted">{t('moreSteps', { count: data.steps.length - STEPS_MAX })}</li>
                )}
              </ol>
            )}
          </section>
          {data.compaction.length > 0 && <Compaction data={data} />}
          <CommandLine
            label={frame('equivalent')}
            command={`odradek cleanup plan --hours ${hours} --topic '${topic.replaceAll("'", "'\\''")}'`}
          />
        </div>
      )}
    </SidePanel>
  )
}

function Rules({ data }: { data: TopicForecast }) {
  const t = useTranslations('storage')
  const size = shortBytes(data.retentionBytes)
  const rows = [
    ['cleanup.policy', data.cleanupPolicy.join(', ')],
    ['retention.ms', data.retentionMs < 0 ? t('forEver') : durationText(data.retentionMs)],
    ['retention.bytes', data.retentionBytes < 0 ? t('unlimited') : `${size.text} ${size.unit}`],
  ] as const
  return (
    <dl>
      {rows.map(([name, value]) => (
        <div key={name} className="flex gap-3 py-0.5">
          <dt className="w-40 shrink-0 font-mono text-muted">{name}</dt>
          <dd className="min-w-0 flex-1 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function Compaction({ data }: { data: TopicForecast }) {
  const t = useTranslations('storage')
  return (
    <section>
      <h3 className="mb-1">{t('compaction')}</h3>
      <ul>
        {data.compaction.slice(0, STEPS_MAX).map(({ partition, dirtyRatio, dirtyBytes, bytes, compactedTo, dueAt }) => (
          <li key={partition} className="border-b py-1.5">
            <p className="flex flex-wrap items-center gap-x-3">
              <span>{t('partition', { partition })}</span>
              <progress
                aria-label={t('dirtyOf', { partition })}
                value={1 - dirtyRatio}
                max={1}
                className="h-2 w-24 accent-[var(--accent)]"
              />
              <span className="text-muted">
                {t.rich('dirty', {
                  dirty: () => <Bytes key="d" value={dirtyBytes} />,
                  all: () => <Bytes key="a" value={bytes} />,
                })}
              </span>
            </p>
            <p className="text-meta text-muted">
              {t.rich('compactedTo', { offset: () => <Exact key="o" value={compactedTo} /> })} ·{' '}
              {dueAt === null ? t('notDue') : t.rich('dueAt', { time: () => <Time key="t" at={Date.parse(dueAt)} /> })}
            </p>
          </li>
        ))}
      </ul>
    </section>
  )
}
