'use client'
import { useInfiniteQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { parseAsArrayOf, parseAsStringLiteral, useQueryState } from 'nuqs'
import { useEffect } from 'react'
import { Badge, type State } from '../../components/ui/badge.tsx'
import { Button } from '../../components/ui/button.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { Checkbox } from '../../components/ui/field.tsx'
import { QueryError } from '../../components/ui/query-error.tsx'
import { type Column, Table } from '../../components/ui/table.tsx'
import { href } from '../../lib/href.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { untilReached } from '../../lib/until-reached.ts'
import { useLetterResultColumns } from './letter-result-columns.tsx'
import type { JobResult } from './outputs.ts'

const outcomes = ['sent', 'failed', 'skipped', 'waiting'] as const
const PAGE_SIZE = 200
const REFRESH_MS = 2_000

const looks: Readonly<Record<JobResult['outcome'], State>> = {
  sent: 'good',
  failed: 'wrong',
  skipped: 'unknown',
  waiting: 'busy',
}

/** What became of each letter; told anew while the job is `isLive`. */
export function JobResults(props: { cluster: string; job: string; topic: string; isLive: boolean }) {
  const { cluster, job, topic, isLive } = props
  const t = useTranslations('jobs')
  const { letter, reason } = useLetterResultColumns(cluster, topic)
  const frame = useTranslations('frame')
  const trpc = useTRPC()
  const [chosen, setChosen] = useQueryState('outcome', parseAsArrayOf(parseAsStringLiteral(outcomes)).withDefault([]))
  const results = useInfiniteQuery(
    trpc.jobs.results.infiniteQueryOptions(
      { cluster, job, limit: PAGE_SIZE, ...(chosen.length > 0 && { outcomes: [...chosen] }) },
      { getNextPageParam: ({ next }) => next, refetchInterval: isLive ? REFRESH_MS : untilReached },
    ),
  )
  const { refetch } = results
  useEffect(() => {
    if (!isLive) void refetch()
  }, [isLive, refetch])
  const rows = results.data?.pages.flatMap((page) => page.results)
  const columns: readonly Column<JobResult>[] = [
    letter,
    {
      id: 'outcome',
      header: t('result.outcome'),
      width: '110px',
      cell: ({ outcome }) => <Badge state={looks[outcome]}>{t(`outcome.${outcome}`)}</Badge>,
    },
    {
      id: 'target',
      header: t('result.target'),
      width: '34%',
      cell: ({ target }) =>
        target === null ? null : (
          <Link
            href={href.record(cluster, target.topic, target.partition, target.offset)}
            prefetch={false}
            className="font-mono text-accent hover:underline"
          >
            {target.topic}/{target.partition}@{target.offset}
          </Link>
        ),
    },
    reason,
  ]
  return (
    <>
      <div className="flex flex-wrap items-center gap-4 border-b px-6 py-2 max-sm:px-4">
        {outcomes.map((outcome) => (
          <Checkbox
            key={outcome}
            checked={chosen.includes(outcome)}
            onChange={(on) => setChosen(outcomes.filter((one) => (one === outcome ? on : chosen.includes(one))))}
          >
            {t(`outcome.${outcome}`)}
          </Checkbox>
        ))}
        <Button small className="ml-auto" busy={results.isFetching} onClick={() => results.refetch()}>
          {t('result.refresh')}
        </Button>
      </div>
      <QueryError className="m-4" query={results} />
      <Table<JobResult>
        label={t('result.label')}
        className="flex-1"
        columns={columns}
        rows={rows ?? (results.error === null ? undefined : [])}
        rowKey={({ index }) => String(index)}
        empty={
          results.error === null && (
            <EmptyState
              title={t('result.none')}
              {...(chosen.length > 0 && {
                action: <Button onClick={() => setChosen([])}>{frame('table.clear')}</Button>,
              })}
            />
          )
        }
        footer={
          results.hasNextPage && (
            <div className="border-t px-6 py-2 max-sm:px-4">
              <Button busy={results.isFetchingNextPage} onClick={() => results.fetchNextPage()}>
                {t('result.more')}
              </Button>
            </div>
          )
        }
      />
    </>
  )
}
