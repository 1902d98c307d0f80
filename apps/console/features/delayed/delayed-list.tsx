'use client'
import { AlarmClock } from 'lucide-react'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { parseAsString, useQueryState } from 'nuqs'
import { useCallback } from 'react'
import { PageBody } from '../../components/frame/page.tsx'
import { useShell } from '../../components/frame/shell.tsx'
import { TitleRow } from '../../components/frame/title-row.tsx'
import { Badge } from '../../components/ui/badge.tsx'
import { Button, ButtonLink } from '../../components/ui/button.tsx'
import { CommandLine } from '../../components/ui/command-line.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { FilterInput } from '../../components/ui/filter-input.tsx'
import { Bytes, Count } from '../../components/ui/number.tsx'
import { QueryError } from '../../components/ui/query-error.tsx'
import { SilentBrokers } from '../../components/ui/silent-brokers.tsx'
import { type Column, Table } from '../../components/ui/table.tsx'
import { Time } from '../../components/ui/time.tsx'
import { useReasonWords } from '../../lib/failure-words.tsx'
import { href } from '../../lib/href.ts'
import { odradekCommand } from '../../lib/shell-command.ts'
import type { DelayedTopic } from './outputs.ts'
import { useDelayedTopics } from './use-delayed-topics.ts'

/** All topics of timed messages: what waits in each, and what is due next. */
export function DelayedList({ cluster }: { cluster: string }) {
  const t = useTranslations('delayed')
  const reasonWords = useReasonWords()
  const frame = useTranslations('frame')
  const { bootstrap } = useShell()
  const [q, setQ] = useQueryState('q', parseAsString.withDefault(''))
  const search = useCallback((text: string) => void setQ(text), [setQ])
  const list = useDelayedTopics(cluster)
  const { data } = list
  const topics = data?.topics.filter(({ kind }) => kind === 'delay')
  const retries = data?.topics.reduce((sum, { kind, waiting }) => (kind === 'retry' ? sum + waiting : sum), 0) ?? 0
  const shown = topics?.filter(({ topic }) => topic.toLowerCase().includes(q.trim().toLowerCase()))
  const columns: readonly Column<DelayedTopic>[] = [
    {
      id: 'topic',
      header: t('column.topic'),
      cell: (row) => (
        <span className="inline-flex min-w-0 items-center gap-2">
          <Link
            href={href.delayedTopic(cluster, row.topic)}
            prefetch={false}
            title={row.topic}
            className="min-w-0 truncate font-strong text-accent hover:underline"
          >
            {row.topic}
          </Link>
          {row.refusals.length > 0 && (
            <Badge state="wrong" tip={row.refusals.map(({ text }) => text).join('\n')}>
              {t('refused')}
            </Badge>
          )}
          {!row.isLoaded && (
            <Badge state="busy" tip={t('loadingTip')}>
              {t('loading')}
            </Badge>
          )}
        </span>
      ),
    },
    { id: 'waiting', header: t('column.waiting'), align: 'right', cell: (row) => <Count value={row.waiting} /> },
    {
      id: 'next',
      header: t('column.next'),
      cell: (row) => (row.nextDue === null ? <span className="text-muted">—</span> : <Time at={row.nextDue} />),
    },
    {
      id: 'partitions',
      header: t('column.partitions'),
      align: 'right',
      narrow: 'hidden',
      cell: (row) => <Count value={row.partitions} />,
    },
    {
      id: 'bytes',
      header: <span data-tip={t('column.bytesTip')}>{t('column.bytes')}</span>,
      align: 'right',
      cell: (row) => <Bytes value={row.bytes} />,
    },
  ]
  return (
    <>
      <TitleRow
        title={t('title')}
        badges={
          topics !== undefined &&
          topics.length > 0 && (
            <span className="text-meta text-muted">
              {t('count', { count: topics.reduce((sum, { waiting }) => sum + waiting, 0) })}
            </span>
          )
        }
        actions={
          retries > 0 && <ButtonLink href={href.retries(cluster)}>{t('retries', { count: retries })}</ButtonLink>
        }
      />
      {data?.problem == null && (topics === undefined || topics.length > 0) && (
        <div className="flex flex-wrap items-center gap-4 border-b px-6 pb-3 max-sm:px-4">
          <FilterInput label={t('filter')} value={q} onChange={search} className="w-72 max-sm:w-full" />
        </div>
      )}
      <PageBody>
        <QueryError className="m-4" query={list} />
        <SilentBrokers brokers={data?.silent} />
        {data?.problem != null ? (
          <EmptyState icon={AlarmClock} title={t('unsupported')}>
            {reasonWords(data.problem)}
          </EmptyState>
        ) : (
          <Table
            label={t('title')}
            className="flex-1"
            columns={columns}
            rows={shown ?? (list.error === null ? undefined : [])}
            rowKey={(row) => row.topic}
            hold
            empty={
              list.error === null &&
              (topics !== undefined && topics.length > 0 ? (
                <EmptyState
                  title={t('noMatch')}
                  action={<Button onClick={() => setQ('')}>{frame('table.clear')}</Button>}
                />
              ) : (
                <EmptyState icon={AlarmClock} title={t('nothing')}>
                  <p className="mb-3">{t('nothingAbout')}</p>
                  <div className="text-left">
                    <CommandLine
                      label={frame('equivalent')}
                      command={odradekCommand(
                        bootstrap,
                        'topics',
                        'create',
                        'reminders',
                        '--set',
                        'message.type=DELAY',
                      )}
                    />
                  </div>
                </EmptyState>
              ))
            }
          />
        )}
      </PageBody>
    </>
  )
}
