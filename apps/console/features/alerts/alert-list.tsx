'use client'
import { BellOff } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { parseAsString, useQueryState } from 'nuqs'
import { Badge } from '../../components/ui/badge.tsx'
import { ButtonLink } from '../../components/ui/button.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { type Column, Table } from '../../components/ui/table.tsx'
import { Time } from '../../components/ui/time.tsx'
import { useReasonWords } from '../../lib/failure-words.tsx'
import { href } from '../../lib/href.ts'
import { durationText } from '../../lib/numbers.ts'
import { AlertPanel } from './alert-panel.tsx'
import { AlertValue } from './alert-value.tsx'
import type { AlertIncident } from './outputs.ts'
import { SubjectLink } from './subject-link.tsx'
import { useAlerts } from './use-alerts.ts'

/** What fires, and what did: the firing ones first, then the newest. */
export function AlertList({ cluster }: { cluster: string }) {
  const t = useTranslations('alerts')
  const [at, setAt] = useQueryState('alert', parseAsString)
  const about = useAlerts(cluster)
  const rows = about.data?.incidents
  const open = rows?.find(({ id }) => id === at)
  const columns: readonly Column<AlertIncident>[] = [
    { id: 'subject', header: t('column.subject'), cell: (row) => <SubjectLink cluster={cluster} alert={row} /> },
    {
      id: 'state',
      header: t('column.state'),
      cell: (row) =>
        row.state === 'firing' ? (
          <Badge state="wrong">{t('state.firing')}</Badge>
        ) : (
          <span className="text-muted">{t('state.resolved')}</span>
        ),
    },
    { id: 'rule', header: t('column.rule'), cell: (row) => <span title={row.ruleName}>{row.ruleName}</span> },
    {
      id: 'value',
      header: <span data-tip={t('column.peakTip')}>{t('column.peak')}</span>,
      align: 'right',
      cell: (row) => <AlertValue kind={row.kind} value={row.peakValue} />,
    },
    { id: 'fired', header: t('column.fired'), cell: (row) => <Time at={row.firedAtMs} /> },
    {
      id: 'lasted',
      header: t('column.lasted'),
      align: 'right',
      cell: (row) => durationText((row.resolvedAtMs ?? Date.now()) - row.firedAtMs),
    },
    { id: 'webhook', header: t('column.webhook'), cell: (row) => <DeliveryState alert={row} /> },
  ]
  return (
    <div className="flex min-h-0 min-w-0 flex-1">
      <Table
        label={t('tab.alerts')}
        className="min-w-0 flex-1"
        columns={columns}
        rows={rows ?? (about.error === null ? undefined : [])}
        rowKey={(row) => row.id}
        onOpen={(row) => void setAt(row.id)}
        openKey={at}
        hold
        empty={
          about.error === null && (
            <EmptyState
              icon={BellOff}
              title={t('quiet')}
              action={
                about.data?.rules.length === 0 && (
                  <ButtonLink href={`${href.alerts(cluster, 'rules')}?rule=new`}>{t('newRule')}</ButtonLink>
                )
              }
            >
              {about.data?.rules.length === 0 ? t('noRulesAbout') : t('quietAbout')}
            </EmptyState>
          )
        }
      />
      {open !== undefined && (
        <AlertPanel key={open.id} cluster={cluster} alert={open} onClose={() => void setAt(null)} />
      )}
    </div>
  )
}

/** What became of the calls of the webhook, in a word. */
function DeliveryState({ alert }: { alert: AlertIncident }) {
  const t = useTranslations('alerts')
  const reasonWords = useReasonWords()
  const failed = alert.deliveries.find(({ state }) => state === 'failed')
  const waiting = alert.deliveries.find(({ state }) => state === 'waiting')
  if (alert.deliveries.length === 0) return <span className="text-muted">—</span>
  if (failed !== undefined) {
    return (
      <Badge state="wrong" tip={reasonWords(failed.error ?? '')}>
        {t('delivery.failed')}
      </Badge>
    )
  }
  if (waiting === undefined) return <span className="text-muted">{t('delivery.sent')}</span>
  return (
    <Badge state={waiting.attempts > 0 ? 'attention' : 'busy'} tip={reasonWords(waiting.error ?? '')}>
      {t('delivery.waiting')}
    </Badge>
  )
}
