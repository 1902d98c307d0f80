'use client'
import { useMutation } from '@tanstack/react-query'
import { BellRing, FlaskConical, Pencil, Trash2 } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { parseAsString, useQueryState } from 'nuqs'
import { useState } from 'react'
import { useForbidden } from '../../components/frame/shell.tsx'
import { Badge } from '../../components/ui/badge.tsx'
import { Button, IconButton } from '../../components/ui/button.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { ErrorState } from '../../components/ui/error-state.tsx'
import { type Column, Table } from '../../components/ui/table.tsx'
import { useToast } from '../../components/ui/toast.tsx'
import { useReasonWords } from '../../lib/failure-words.tsx'
import { durationText } from '../../lib/numbers.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { AlertValue } from './alert-value.tsx'
import type { AlertRule } from './outputs.ts'
import { RemoveRule } from './remove-rule.tsx'
import { useAlerts } from './use-alerts.ts'

/** What is watched. */
export function RuleList({ cluster }: { cluster: string }) {
  const t = useTranslations('alerts')
  const reasonWords = useReasonWords()
  const trpc = useTRPC()
  const toast = useToast()
  const administer = useForbidden('administer')
  const [, setEdited] = useQueryState('rule', parseAsString)
  const [removed, setRemoved] = useState<AlertRule | null>(null)
  const about = useAlerts(cluster)
  const test = useMutation(
    trpc.alerts.test.mutationOptions({
      onSuccess: ({ status, error }) =>
        toast({ text: error === null ? t('test.done', { status: status ?? 0 }) : t('test.failed', { error }) }),
    }),
  )
  const icon = { size: 14, strokeWidth: 1.75, 'aria-hidden': true } as const
  const columns: readonly Column<AlertRule>[] = [
    {
      id: 'name',
      header: t('column.name'),
      cell: (row) => (
        <span className="inline-flex min-w-0 items-center gap-2">
          <button
            type="button"
            title={row.name}
            onClick={() => void setEdited(row.id)}
            className="min-w-0 truncate font-strong text-accent hover:underline"
          >
            {row.name}
          </button>
          {!row.isEnabled && <Badge state="unknown">{t('disabled')}</Badge>}
          {row.firing > 0 && <Badge state="wrong">{t('firingCount', { count: row.firing })}</Badge>}
          {row.problem !== null && (
            <Badge state="attention" tip={reasonWords(row.problem)}>
              {t('notMeasured')}
            </Badge>
          )}
        </span>
      ),
    },
    { id: 'kind', header: t('column.kind'), cell: (row) => t(`kind.${row.kind}`) },
    {
      id: 'scope',
      header: t('column.scope'),
      cell: (row) =>
        row.scope === '' ? (
          <span className="text-muted">{t('all')}</span>
        ) : (
          <span className="font-mono">{row.scope}</span>
        ),
    },
    {
      id: 'threshold',
      header: t('column.threshold'),
      align: 'right',
      cell: (row) => (
        <span>
          ≥ <AlertValue kind={row.kind} value={row.threshold} />
        </span>
      ),
    },
    {
      id: 'for',
      header: <span data-tip={t('column.forTip')}>{t('column.for')}</span>,
      align: 'right',
      cell: (row) => (row.forMs === 0 ? t('atOnce') : durationText(row.forMs)),
    },
    {
      id: 'webhook',
      header: t('column.webhook'),
      cell: (row) =>
        row.webhook === null ? (
          <span className="text-muted">—</span>
        ) : row.isWebhookLost ? (
          <Badge state="wrong" tip={t('lostTip')}>
            {t('lost')}
          </Badge>
        ) : (
          <span className="font-mono">{row.webhook.shown}</span>
        ),
    },
  ]
  return (
    <>
      {test.error !== null && <ErrorState className="m-4" error={test.error} />}
      <Table
        label={t('tab.rules')}
        className="flex-1"
        columns={columns}
        rows={about.data?.rules ?? (about.error === null ? undefined : [])}
        rowKey={(row) => row.id}
        rowLabel={(row) => row.name}
        onOpen={(row) => void setEdited(row.id)}
        rowActions={(row) => (
          <>
            {row.webhook !== null && (
              <IconButton
                small
                label={t('test.act', { name: row.name })}
                busy={test.isPending}
                disabledReason={administer}
                onClick={() => test.mutate({ cluster, id: row.id })}
              >
                <FlaskConical {...icon} />
              </IconButton>
            )}
            <IconButton
              small
              label={t('editOf', { name: row.name })}
              disabledReason={administer}
              onClick={() => void setEdited(row.id)}
            >
              <Pencil {...icon} />
            </IconButton>
            <IconButton
              small
              label={t('removeOf', { name: row.name })}
              disabledReason={administer}
              onClick={() => setRemoved(row)}
            >
              <Trash2 {...icon} />
            </IconButton>
          </>
        )}
        hold
        empty={
          about.error === null && (
            <EmptyState
              icon={BellRing}
              title={t('noRules')}
              action={
                <Button kind="primary" disabledReason={administer} onClick={() => void setEdited('new')}>
                  {t('newRule')}
                </Button>
              }
            >
              {t('noRulesAbout')}
            </EmptyState>
          )
        }
      />
      {removed !== null && <RemoveRule cluster={cluster} rule={removed} onClose={() => setRemoved(null)} />}
    </>
  )
}
