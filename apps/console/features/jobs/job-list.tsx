'use client'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { RotateCw } from 'lucide-react'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { parseAsInteger, parseAsString, useQueryStates } from 'nuqs'
import { PageBody } from '../../components/frame/page.tsx'
import { TitleRow } from '../../components/frame/title-row.tsx'
import { ButtonLink } from '../../components/ui/button.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { Count } from '../../components/ui/number.tsx'
import { Pager } from '../../components/ui/pager.tsx'
import { QueryError } from '../../components/ui/query-error.tsx'
import { type Column, Table } from '../../components/ui/table.tsx'
import { Time } from '../../components/ui/time.tsx'
import { href } from '../../lib/href.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { SectionTabs } from '../dead-letters/section-tabs.tsx'
import { JobBar } from './job-bar.tsx'
import { JobState } from './job-state.tsx'
import { hasEnded, type Job } from './outputs.ts'

const REFRESH_MS = 10_000
const BUSY_MS = 1_000
const PAGE_SIZE = 50

/** All jobs, the newest first. */
export function JobList({ cluster }: { cluster: string }) {
  const t = useTranslations('jobs')
  const letters = useTranslations('deadLetters')
  const trpc = useTRPC()
  const [{ page, topic }, setQuery] = useQueryStates({ page: parseAsInteger.withDefault(1), topic: parseAsString })
  const list = useQuery(
    trpc.jobs.list.queryOptions(
      { cluster, page: Math.max(0, page - 1), pageSize: PAGE_SIZE, ...(topic !== null && { topic }) },
      {
        placeholderData: keepPreviousData,
        refetchInterval: ({ state }) => (state.data?.rows.some((job) => !hasEnded(job)) ? BUSY_MS : REFRESH_MS),
      },
    ),
  )
  const { data } = list
  return (
    <>
      <TitleRow title={letters('title')} />
      <SectionTabs cluster={cluster} />
      <PageBody>
        <QueryError className="m-4" query={list} />
        <Table<Job>
          label={t('title')}
          className="flex-1"
          columns={useJobColumns(cluster)}
          rows={data?.rows ?? (list.error === null ? undefined : [])}
          rowKey={(job) => job.id}
          stale={list.isPlaceholderData}
          hold
          empty={
            list.error === null && (
              <EmptyState
                icon={RotateCw}
                title={t('empty.title')}
                action={<ButtonLink href={href.deadLetters(cluster)}>{letters('title')}</ButtonLink>}
              >
                {t('empty.about')}
              </EmptyState>
            )
          }
          footer={
            <Pager
              page={page}
              pageSize={PAGE_SIZE}
              total={data?.total ?? 0}
              onPage={(next) => setQuery({ page: next }, { history: 'push' })}
            />
          }
        />
      </PageBody>
    </>
  )
}

function useJobColumns(cluster: string): readonly Column<Job>[] {
  const t = useTranslations('jobs')
  const counts = ['matched', 'sent', 'failed', 'skipped'] as const
  return [
    {
      id: 'created',
      header: t('column.created'),
      width: '190px',
      cell: (job) => (
        <Link href={href.job(cluster, job.id)} prefetch={false} className="font-strong text-accent hover:underline">
          <Time at={job.createdMs} />
        </Link>
      ),
    },
    { id: 'state', header: t('column.state'), width: '120px', cell: (job) => <JobState job={job} /> },
    {
      id: 'topic',
      header: t('column.group'),
      cell: (job) => <span title={job.topic}>{job.group ?? job.topic}</span>,
    },
    { id: 'target', header: t('column.target'), narrow: 'hidden', cell: (job) => <JobTarget job={job} /> },
    { id: 'progress', header: t('progress'), width: '140px', narrow: 'hidden', cell: (job) => <JobBar job={job} /> },
    ...counts.map(
      (name): Column<Job> => ({
        id: name,
        header: t(`column.${name}`),
        align: 'right',
        cell: (job) => (
          <span className={name === 'failed' && job.failed > 0 ? 'text-wrong' : undefined}>
            <Count value={job[name]} />
          </span>
        ),
      }),
    ),
    { id: 'by', header: t('column.by'), narrow: 'hidden', cell: (job) => (job.by === 'open' ? t('unnamed') : job.by) },
  ]
}

/** Where a job sends its letters, in words. */
export function JobTarget({ job }: { job: Pick<Job, 'target' | 'isEdit'> }) {
  const t = useTranslations('jobs')
  const { target } = job
  return (
    <span>
      {target.kind === 'topic' ? (
        <span className="font-mono text-meta">{target.topic}</span>
      ) : (
        t(`target.${target.kind}`)
      )}
      {job.isEdit && ` · ${t('edited')}`}
    </span>
  )
}
