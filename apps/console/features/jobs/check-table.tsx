'use client'
import { useTranslations } from 'next-intl'
import { Badge, type State } from '../../components/ui/badge.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { type Column, Table } from '../../components/ui/table.tsx'
import { exactNumber } from '../../lib/numbers.ts'
import { useLetterResultColumns } from './letter-result-columns.tsx'
import type { ResendPlan } from './outputs.ts'
import { useLetterReason } from './use-letter-reason.ts'

type Row = ResendPlan['rows'][number]

const looks: Readonly<Record<Row['outcome'], State>> = { send: 'good', fail: 'wrong', skip: 'unknown' }

/** What the check found: why letters are not sent, and of the first thousand what becomes of each. */
export function CheckTable(props: {
  cluster: string
  topic: string
  plan: ResendPlan | undefined
  stale: boolean
  isAsked: boolean
}) {
  const { cluster, topic, plan, stale, isAsked } = props
  const t = useTranslations('jobs')
  const letterReason = useLetterReason()
  const { letter, reason } = useLetterResultColumns(cluster, topic)
  const columns: readonly Column<Row>[] = [
    letter,
    {
      id: 'outcome',
      header: t('check.becomes'),
      width: '120px',
      cell: ({ outcome }) => <Badge state={looks[outcome]}>{t(`check.${outcome}`)}</Badge>,
    },
    {
      id: 'target',
      header: t('result.target'),
      width: '30%',
      cell: ({ target }) => <span className="font-mono text-meta">{target}</span>,
    },
    reason,
  ]
  return (
    <>
      {plan !== undefined && plan.reasons.length > 0 && (
        <ul aria-label={t('check.reasons')} className="flex flex-col gap-1 border-b px-6 py-3 max-sm:px-4">
          {plan.reasons.map(({ outcome, reason, why, count }) => (
            <li key={`${outcome} ${reason}`} className="flex flex-wrap items-center gap-2">
              <Badge state={looks[outcome as Row['outcome']]}>{t(`check.${outcome as Row['outcome']}`)}</Badge>
              <span className="font-strong">{exactNumber(count)}</span>
              <span className="min-w-0 break-words">{letterReason(reason, why)}</span>
            </li>
          ))}
        </ul>
      )}
      <Table<Row>
        // Another one than that which stood in its place: why letters are not sent comes above it.
        key={plan === undefined ? 'checking' : 'checked'}
        label={t('check.label')}
        className="flex-1"
        columns={columns}
        rows={plan?.rows ?? (isAsked ? undefined : [])}
        rowKey={({ partition, offset }) => `${partition}@${offset}`}
        stale={stale}
        empty={<EmptyState title={t(isAsked ? 'check.empty' : 'check.complete')} />}
        footer={
          plan !== undefined &&
          plan.rows.length < plan.matched && (
            <p className="border-t px-6 py-2 text-meta text-muted max-sm:px-4">
              {t('check.first', { shown: exactNumber(plan.rows.length), matched: exactNumber(plan.matched) })}
            </p>
          )
        }
      />
    </>
  )
}
