'use client'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { Badge } from '../../../components/ui/badge.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { Exact, Unknown } from '../../../components/ui/number.tsx'
import { type Column, Table } from '../../../components/ui/table.tsx'
import { Time } from '../../../components/ui/time.tsx'
import { href } from '../../../lib/href.ts'
import { exactNumber } from '../../../lib/numbers.ts'
import type { ResetOutcome, ResetPlan, ResetRow } from '../outputs.ts'

const quiet: readonly string[] = ['unchanged', 'gap']

/** Partition by partition: from where to where, what that replays or skips; after it was done, how each fared. */
export function PlanTable(props: {
  cluster: string
  plan: ResetPlan | undefined
  isPlanning: boolean
  results: readonly ResetOutcome[] | undefined
  stale: boolean
}) {
  const { cluster, plan, isPlanning, results, stale } = props
  const t = useTranslations('groups')
  const fared = new Map(results?.map((result) => [`${result.topic}/${result.partition}`, result]))
  const columns: readonly Column<ResetRow>[] = [
    {
      id: 'place',
      header: t('partition.partition'),
      cell: (row) => (
        <span className="font-strong" title={row.topic}>
          {row.topic}/{row.partition}
        </span>
      ),
    },
    { id: 'current', header: t('reset.current'), align: 'right', cell: (row) => <Exact value={row.current} /> },
    {
      id: 'target',
      header: t('reset.becomes'),
      align: 'right',
      cell: (row) =>
        row.target === null ? (
          <Unknown />
        ) : (
          <Link
            href={href.record(cluster, row.topic, row.partition, row.target)}
            prefetch={false}
            className="text-accent hover:underline"
          >
            <Exact value={row.target} />
          </Link>
        ),
    },
    {
      id: 'stamp',
      header: t('reset.stamp'),
      narrow: 'hidden',
      cell: (row) => (row.targetTimestampMs === null ? <Unknown /> : <Time at={row.targetTimestampMs} />),
    },
    {
      id: 'lag',
      header: t('reset.lag'),
      align: 'right',
      cell: (row) => (
        <span className="whitespace-nowrap">
          <Exact value={row.lagNow} /> → <Exact value={row.lagAfter} />
        </span>
      ),
    },
    {
      id: 'effect',
      header: t('reset.effect'),
      align: 'right',
      cell: (row) =>
        row.skips > 0 ? (
          <span className="font-strong text-attention">{t('reset.skips', { shown: exactNumber(row.skips) })}</span>
        ) : row.replays > 0 ? (
          <span>{t('reset.replays', { shown: exactNumber(row.replays) })}</span>
        ) : (
          <span className="text-muted">0</span>
        ),
    },
    {
      id: 'note',
      header: t('reset.note'),
      cell: (row) => {
        const result = fared.get(`${row.topic}/${row.partition}`)
        if (result !== undefined) {
          return result.error === null ? (
            <Badge>{t('reset.movedTo', { shown: result.after === null ? '—' : exactNumber(result.after) })}</Badge>
          ) : (
            <Badge state="wrong" tip={result.error}>
              {result.error}
            </Badge>
          )
        }
        if (row.error !== null) return <Badge state="wrong">{row.error}</Badge>
        return (
          <span className="inline-flex gap-1">
            {row.flags.map((flag) => (
              <Badge key={flag} state={quiet.includes(flag) ? 'good' : 'attention'} tip={t(`reset.flagAbout.${flag}`)}>
                {t(`reset.flag.${flag}`)}
              </Badge>
            ))}
          </span>
        )
      },
    },
  ]
  return (
    <Table
      label={t('reset.plan')}
      className="min-h-64 flex-1"
      columns={columns}
      rows={isPlanning ? undefined : (plan?.rows ?? [])}
      rowKey={(row) => `${row.topic}/${row.partition}`}
      stale={stale}
      empty={plan !== undefined && <EmptyState title={t('reset.nothingInScope')} />}
    />
  )
}
