'use client'
import { useTranslations } from 'next-intl'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { Bytes } from '../../components/ui/number.tsx'
import { type Column, Table } from '../../components/ui/table.tsx'
import { exactNumber } from '../../lib/numbers.ts'
import { type MovePlan, type PlannedMove, placeName } from './outputs.ts'

/** What the plan does to each broker, and to each partition. */
export function MovePlanTable(props: { plan: MovePlan | undefined; stale: boolean; isAsked: boolean }) {
  const { plan, stale, isAsked } = props
  const t = useTranslations('replication')
  const columns: readonly Column<PlannedMove>[] = [
    {
      id: 'partition',
      header: t('column.partition'),
      cell: (row) => (
        <span className="font-strong" title={placeName(row)}>
          {placeName(row)}
        </span>
      ),
    },
    { id: 'now', header: t('column.now'), cell: (row) => row.replicas.join(', ') },
    {
      id: 'target',
      header: t('column.target'),
      cell: (row) => (
        <span>
          {row.target.map((id, at) => (
            <span key={id}>
              {at > 0 && ', '}
              <span className={row.adding.includes(id) ? 'font-strong text-accent' : undefined}>{id}</span>
            </span>
          ))}
        </span>
      ),
    },
    { id: 'bytes', header: t('column.copied'), align: 'right', cell: (row) => <Bytes value={row.bytes} /> },
  ]
  return (
    <>
      {plan !== undefined && plan.count > 0 && <Load plan={plan} />}
      <Table
        label={t('move.label')}
        className="flex-1"
        columns={columns}
        rows={plan?.moves ?? (isAsked ? undefined : [])}
        rowKey={placeName}
        stale={stale}
        empty={<EmptyState title={t(isAsked ? 'move.nothing' : 'move.planFirst')} />}
        footer={
          plan !== undefined &&
          plan.moves.length < plan.count && (
            <p className="border-t px-6 py-2 text-meta text-muted max-sm:px-4">
              {t('move.first', { shown: exactNumber(plan.moves.length), count: exactNumber(plan.count) })}
            </p>
          )
        }
      />
    </>
  )
}

/** Of each broker how many replicas it has, and would lead, before and after. */
function Load({ plan }: { plan: MovePlan }) {
  const t = useTranslations('replication')
  const change = ([before, after]: readonly number[]) =>
    before === after ? exactNumber(before ?? 0) : `${exactNumber(before ?? 0)} → ${exactNumber(after ?? 0)}`
  return (
    <ul aria-label={t('move.load')} className="flex flex-wrap gap-x-8 gap-y-1 border-b px-6 py-2 max-sm:px-4">
      {plan.brokers.map(({ nodeId, replicas, preferred }) => (
        <li key={nodeId}>
          <span className="font-strong">{t('broker', { id: String(nodeId) })}</span>{' '}
          <span className="text-muted">
            {t('move.loadOf', { replicas: change(replicas), leaders: change(preferred) })}
          </span>
        </li>
      ))}
    </ul>
  )
}
