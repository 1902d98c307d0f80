'use client'
import { useTranslations } from 'next-intl'
import { Badge } from '../../../components/ui/badge.tsx'
import { Exact } from '../../../components/ui/number.tsx'
import { type Column, Table } from '../../../components/ui/table.tsx'
import type { DeletePlan } from '../outputs.ts'

type Row = DeletePlan['rows'][number]
type Result = { readonly partition: number; readonly start: number | null; readonly error: string | null }

/** What goes, partition by partition; after it was done, how each fared. */
export function DeletePlanTable(props: { plan: DeletePlan; results: readonly Result[] | undefined; stale: boolean }) {
  const { plan, results, stale } = props
  const t = useTranslations('topics')
  const columns: readonly Column<Row>[] = [
    { id: 'partition', header: t('partition.partition'), cell: (row) => row.partition },
    { id: 'start', header: t('records.startNow'), align: 'right', cell: (row) => <Exact value={row.start} /> },
    { id: 'before', header: t('records.startThen'), align: 'right', cell: (row) => <Exact value={row.before} /> },
    { id: 'end', header: t('partition.highWatermark'), align: 'right', cell: (row) => <Exact value={row.end} /> },
    { id: 'records', header: t('records.gone'), align: 'right', cell: (row) => <Exact value={row.records} /> },
    {
      id: 'note',
      header: t('records.note'),
      cell: (row) => {
        const result = results?.find(({ partition }) => partition === row.partition)
        if (result !== undefined) {
          return result.error === null ? (
            <Badge>{t('records.startsAt', { offset: result.start ?? 0 })}</Badge>
          ) : (
            <Badge state="wrong">{result.error}</Badge>
          )
        }
        if (row.error !== null) return <Badge state="wrong">{row.error}</Badge>
        const flags = row.flags.includes('afterLastRecord') ? row.flags.filter((flag) => flag !== 'empties') : row.flags
        return flags.map((flag) => (
          <Badge key={flag} state={flag === 'nothing' || flag === 'clamped' ? 'good' : 'attention'}>
            {t(`records.flag.${flag}`)}
          </Badge>
        ))
      },
    },
  ]
  return (
    <Table
      label={t('records.plan')}
      className="max-h-64 rounded-control border"
      columns={columns}
      rows={plan.rows}
      rowKey={(row) => String(row.partition)}
      stale={stale}
    />
  )
}
