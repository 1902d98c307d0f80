'use client'
import { useQuery } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { CircleCheck, CircleHelp, OctagonAlert } from 'lucide-react'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { Button, ButtonLink } from '../../../components/ui/button.tsx'
import { Exact } from '../../../components/ui/number.tsx'
import { QueryError } from '../../../components/ui/query-error.tsx'
import { Skeleton } from '../../../components/ui/skeleton.tsx'
import { cn } from '../../../lib/cn.ts'
import { href } from '../../../lib/href.ts'
import { liveInterval } from '../../../lib/live-interval.ts'
import { useTRPC } from '../../../lib/trpc.tsx'
import { useKept } from '../../../lib/use-kept.ts'
import type { Cause, Diagnosis, Remedy } from '../outputs.ts'

const REFRESH_MS = 10_000
const SHOWN_PARTITIONS = 8
const icons = { found: OctagonAlert, unknown: CircleHelp, clear: CircleCheck } as const

/** "Why is this stuck?": every cause that makes a group stand still, the true ones first, each with its remedy. */
export function GroupDiagnosis({ cluster, group }: { cluster: string; group: string }) {
  const t = useTranslations('groups')
  const trpc = useTRPC()
  const onData = useKept(trpc.groups.diagnose.queryKey({ cluster, group }))
  const live = useSubscription(trpc.groups.diagnoseLive.subscriptionOptions({ cluster, group }, { onData }))
  const diagnosis = useQuery(
    trpc.groups.diagnose.queryOptions({ cluster, group }, { refetchInterval: liveInterval(live, REFRESH_MS) }),
  )
  const { data } = diagnosis
  const summary = ({ isStuck, causes }: Diagnosis) => {
    const count = (which: Cause['state']) => causes.filter(({ state }) => state === which).length
    if (isStuck) return t('diagnosis.stuck', { count: count('found') })
    // What cannot be told yet may be the cause.
    return count('unknown') > 0 ? t('diagnosis.notTold', { count: count('unknown') }) : t('diagnosis.notStuck')
  }
  return (
    <div className="min-h-0 flex-1 overflow-y-auto px-6 py-4 max-sm:px-4">
      <div className="flex max-w-4xl flex-col gap-4">
        <QueryError query={diagnosis} />
        <div className="flex flex-wrap items-center gap-3">
          <h2 className="text-heading">{t('diagnosis.title')}</h2>
          <p aria-live="polite" className={cn('flex-1', data?.isStuck === true ? 'text-wrong' : 'text-muted')}>
            {data === undefined ? <Skeleton className="w-48" /> : summary(data)}
          </p>
          <Button small busy={diagnosis.isFetching} onClick={() => diagnosis.refetch()}>
            {t('diagnosis.again')}
          </Button>
        </div>
        <ol className="flex flex-col">
          {data?.causes.map((cause) => (
            <CauseRow key={cause.kind} cluster={cluster} group={group} cause={cause} atMs={data.atMs} />
          ))}
        </ol>
      </div>
    </div>
  )
}

function CauseRow(props: { cluster: string; group: string; cause: Cause; atMs: number }) {
  const { cluster, group, cause, atMs } = props
  const t = useTranslations('groups')
  const Icon = icons[cause.state]
  const found = cause.state === 'found'
  return (
    <li className={cn('flex gap-3 border-t py-3', !found && 'text-muted')}>
      <Icon
        size={16}
        strokeWidth={1.75}
        aria-hidden
        className={cn('mt-0.5 shrink-0', found ? 'text-wrong' : 'text-muted')}
      />
      <div className="min-w-0 flex-1">
        <h3 className={cn(found && 'font-strong')}>
          {t(`diagnosis.cause.${cause.kind}`)}{' '}
          <span className="text-meta">· {t(`diagnosis.state.${cause.state}`)}</span>
        </h3>
        {cause.state !== 'clear' && (
          <p className="break-words">
            {found
              ? t(`diagnosis.about.${cause.kind}`, {
                  count: cause.partitions.length,
                  seconds: standingSeconds(cause, atMs),
                })
              : t(`diagnosis.unknown.${unknownKind(cause.kind)}`, { reason: cause.reason ?? '' })}
          </p>
        )}
        {found && cause.partitions.length > 0 && (
          <ul className="mt-1 flex flex-wrap gap-x-4 gap-y-1 text-meta">
            {cause.partitions.slice(0, SHOWN_PARTITIONS).map(({ topic, partition, lag, offset }) => (
              <li key={`${topic}/${partition}`} className="min-w-0 break-all">
                <Link
                  href={offset === null ? href.topic(cluster, topic) : href.record(cluster, topic, partition, offset)}
                  prefetch={false}
                  className="font-mono text-accent hover:underline"
                >
                  {topic}/{partition}
                  {offset !== null && `@${offset}`}
                </Link>{' '}
                <span className="text-muted">
                  {t('column.lag')} <Exact value={lag} />
                </span>
              </li>
            ))}
            {cause.partitions.length > SHOWN_PARTITIONS && (
              <li className="text-muted">{t('moreTopics', { count: cause.partitions.length - SHOWN_PARTITIONS })}</li>
            )}
          </ul>
        )}
        {cause.remedies.length > 0 && (
          <ul className="mt-2 flex flex-col gap-2">
            {cause.remedies.map((remedy) => (
              <li key={remedy.kind} className="flex flex-wrap items-center gap-x-3 gap-y-1">
                <span className="min-w-0 flex-1 break-words">{t(`diagnosis.remedy.${remedy.kind}`)}</span>
                <RemedyLink cluster={cluster} group={group} cause={cause} remedy={remedy} />
              </li>
            ))}
          </ul>
        )}
      </div>
    </li>
  )
}

/** Why it cannot be told: only of these causes it may not be. */
function unknownKind(kind: Cause['kind']) {
  return kind === 'standingStill' || kind === 'slowerThanProducers' ? kind : 'other'
}

/** For how long the partition that stands longest has stood. */
function standingSeconds({ partitions }: Cause, atMs: number): number {
  const since = partitions.map(({ facts }) => Number(facts.sinceMs ?? Number.NaN)).filter(Number.isFinite)
  return since.length === 0 ? 0 : Math.round((atMs - Math.min(...since)) / 1000)
}

/** The remedy as a button, where the console can do it. */
function RemedyLink(props: { cluster: string; group: string; cause: Cause; remedy: Remedy }) {
  const { cluster, group, cause, remedy } = props
  const t = useTranslations('groups')
  if (remedy.record !== undefined) {
    const { topic, partition, offset } = remedy.record
    return (
      <ButtonLink small href={href.record(cluster, topic, partition, offset)}>
        {t('diagnosis.look')}
      </ButtonLink>
    )
  }
  const reset = href.group(cluster, group, 'reset')
  if (remedy.shift !== undefined) {
    const { topic, partition, by } = remedy.shift
    const scope = `${encodeURIComponent(topic)}:${partition}`
    return (
      <ButtonLink small href={`${reset}?to=shift&by=${by}&scope=${encodeURIComponent(scope)}`}>
        {t('diagnosis.skip')}
      </ButtonLink>
    )
  }
  if (remedy.kind === 'resetToEarliest') {
    const byTopic = Map.groupBy(cause.partitions, ({ topic }) => topic)
    const scope = [...byTopic]
      .map(([topic, rows]) => `${encodeURIComponent(topic)}:${rows.map(({ partition }) => partition).join('.')}`)
      .join(',')
    return (
      <ButtonLink small href={`${reset}?to=earliest&scope=${encodeURIComponent(scope)}`}>
        {t('act.reset')}
      </ButtonLink>
    )
  }
  return null
}
