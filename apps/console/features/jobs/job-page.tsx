'use client'
import { useMutation } from '@tanstack/react-query'
import { Ban, Download, FileQuestion, Pause, Play, RotateCw } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useEffect, useRef } from 'react'
import { PageBody } from '../../components/frame/page.tsx'
import { useForbidden } from '../../components/frame/shell.tsx'
import { TitleRow } from '../../components/frame/title-row.tsx'
import { Button, ButtonLink } from '../../components/ui/button.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { ErrorState } from '../../components/ui/error-state.tsx'
import { Figure, FigureStrip } from '../../components/ui/figure.tsx'
import { Exact } from '../../components/ui/number.tsx'
import { QueryError } from '../../components/ui/query-error.tsx'
import { Skeleton } from '../../components/ui/skeleton.tsx'
import { Time } from '../../components/ui/time.tsx'
import { useToast } from '../../components/ui/toast.tsx'
import { apiError } from '../../lib/api-error.ts'
import { href } from '../../lib/href.ts'
import { durationText, exactNumber } from '../../lib/numbers.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { JobBar } from './job-bar.tsx'
import { JobTarget } from './job-list.tsx'
import { JobResults } from './job-results.tsx'
import { JobState } from './job-state.tsx'
import { hasEnded, type Job } from './outputs.ts'
import { useJob } from './use-job.ts'
import { useLetterReason } from './use-letter-reason.ts'

/** One job: how far it is, what it may still do, what became of each letter. It goes on when nobody looks. */
export function JobPage({ cluster, job: id }: { cluster: string; job: string }) {
  const t = useTranslations('jobs')
  const letters = useTranslations('deadLetters')
  const job = useJob(cluster, id)
  const { data } = job
  useEndToast(data)
  if (job.error !== null && data === undefined) {
    if (apiError(job.error).code !== 'NOT_FOUND') {
      return <QueryError className="m-4" query={job} />
    }
    return (
      <EmptyState
        icon={FileQuestion}
        title={t('missing')}
        action={<ButtonLink href={href.jobs(cluster)}>{t('title')}</ButtonLink>}
      />
    )
  }
  return (
    <>
      <TitleRow
        parents={[
          { label: letters('title'), href: href.deadLetters(cluster) },
          { label: t('title'), href: href.jobs(cluster) },
        ]}
        title={data === undefined ? <Skeleton className="w-40" /> : <Time at={data.createdMs} />}
        badges={data !== undefined && <JobState job={data} />}
        actions={data !== undefined && <JobActions cluster={cluster} job={data} onChanged={() => void job.refetch()} />}
      />
      {data !== undefined && <JobFigures job={data} />}
      {data !== undefined && <JobAbout cluster={cluster} job={data} />}
      <PageBody>
        {data !== undefined && <JobResults cluster={cluster} job={id} topic={data.topic} isLive={!hasEnded(data)} />}
      </PageBody>
    </>
  )
}

function JobActions({ cluster, job, onChanged }: { cluster: string; job: Job; onChanged(): void }) {
  const t = useTranslations('jobs')
  const trpc = useTRPC()
  const operate = useForbidden('operate')
  const options = { onSettled: onChanged }
  const pause = useMutation(trpc.jobs.pause.mutationOptions(options))
  const resume = useMutation(trpc.jobs.resume.mutationOptions(options))
  const cancel = useMutation(trpc.jobs.cancel.mutationOptions(options))
  const icon = { size: 16, strokeWidth: 1.75, 'aria-hidden': true } as const
  const order = { cluster, job: job.id }
  const isHeld = job.state === 'paused' || job.state === 'stopped'
  const isGoing = job.state === 'running' || job.state === 'canary' || job.state === 'ready'
  const error = pause.error ?? resume.error ?? cancel.error
  const csv = `/api/job-results?input=${encodeURIComponent(JSON.stringify({ cluster, job: job.id }))}`
  return (
    <>
      <a
        href={csv}
        download
        className="inline-flex h-8 items-center gap-1.5 rounded-control border border-line bg-panel px-3 font-strong hover:bg-hover"
      >
        <Download {...icon} />
        {t('act.csv')}
      </a>
      {isGoing && (
        <Button disabledReason={operate} busy={pause.isPending} onClick={() => pause.mutate(order)}>
          <Pause {...icon} />
          {t('act.pause')}
        </Button>
      )}
      {isHeld && (
        <Button kind="primary" disabledReason={operate} busy={resume.isPending} onClick={() => resume.mutate(order)}>
          <Play {...icon} />
          {t('act.resume')}
        </Button>
      )}
      {!hasEnded(job) && job.state !== 'cancelling' && (
        <Button disabledReason={operate} busy={cancel.isPending} onClick={() => cancel.mutate(order)}>
          <Ban {...icon} />
          {t('act.cancel')}
        </Button>
      )}
      {hasEnded(job) && job.failed > 0 && (
        <ButtonLink
          kind="primary"
          href={`${href.resendLetters(cluster, job.topic)}?failedOf=${encodeURIComponent(job.id)}`}
        >
          <RotateCw {...icon} />
          {t('act.retry', { count: exactNumber(job.failed) })}
        </ButtonLink>
      )}
      {error !== null && <ErrorState error={error} />}
    </>
  )
}

function JobFigures({ job }: { job: Job }) {
  const t = useTranslations('jobs')
  const figure = (name: 'matched' | 'sent' | 'skipped' | 'waiting') => (
    <Figure label={t(`column.${name}`)} value={<Exact value={job[name]} />} />
  )
  return (
    <FigureStrip>
      {figure('matched')}
      {figure('sent')}
      <Figure
        label={t('column.failed')}
        value={<Exact value={job.failed} />}
        state={job.failed > 0 ? 'wrong' : 'good'}
      />
      {figure('skipped')}
      {figure('waiting')}
      <Figure
        label={<span data-tip={t('column.cameBackTip')}>{t('column.cameBack')}</span>}
        value={<Exact value={job.cameBack} />}
        state={job.cameBack > 0 ? 'attention' : 'good'}
      />
    </FigureStrip>
  )
}

function JobAbout({ cluster, job }: { cluster: string; job: Job }) {
  const t = useTranslations('jobs')
  const letterReason = useLetterReason()
  const { canary, stop, recordsPerSecond, runner } = job
  return (
    <div className="flex flex-col gap-2 border-b px-6 py-3 max-sm:px-4">
      <JobBar job={job} />
      <p role="status" aria-live="polite" className="font-strong">
        {t(`sentence.${job.state}`, {
          sent: exactNumber(job.sent),
          failed: exactNumber(job.failed),
          skipped: exactNumber(job.skipped),
          matched: exactNumber(job.matched),
        })}
        {job.reason !== null && ` ${letterReason(job.reason, job.why)}`}
      </p>
      <p className="flex flex-wrap gap-x-4 gap-y-1 text-meta text-muted">
        <span>
          <ButtonLink small kind="quiet" href={href.letters(cluster, job.topic)}>
            {job.group ?? job.topic}
          </ButtonLink>
          → <JobTarget job={job} />
        </span>
        <span>{t('by', { who: job.by === 'open' ? t('unnamed') : job.by })}</span>
        {recordsPerSecond !== null && <span>{t('rate', { rate: recordsPerSecond })}</span>}
        {canary !== null && (
          <span>
            {t('canary.about', {
              records: canary.records,
              wait: durationText(canary.waitMs),
              percent: canary.percentMax,
              passed: canary.passed === null ? 'unknown' : canary.passed ? 'yes' : 'no',
            })}
          </span>
        )}
        {stop !== null && <span>{t('stop', { percent: stop.percent, count: stop.atLeast })}</span>}
        {!hasEnded(job) && runner !== null && (
          <span>{t(runner.isAlive ? 'runBy' : 'runnerGone', { runner: runner.name })}</span>
        )}
        {job.endedMs !== null && (
          <span>
            {t('ended')} <Time at={job.endedMs} />
          </span>
        )}
      </p>
    </div>
  )
}

/** Says when the job has ended that somebody watched; as a success only where all of it was sent. */
function useEndToast(job: Job | undefined): void {
  const t = useTranslations('jobs')
  const toast = useToast()
  const seen = useRef(false)
  useEffect(() => {
    if (job === undefined) return
    if (!hasEnded(job)) seen.current = true
    else if (seen.current) {
      seen.current = false
      const { sent, failed, skipped, matched } = job
      const counts = { sent: exactNumber(sent), failed: exactNumber(failed), skipped: exactNumber(skipped) }
      toast({ text: sent === matched ? t('toast.all', counts) : t('toast.some', counts) })
    }
  }, [job, toast, t])
}
