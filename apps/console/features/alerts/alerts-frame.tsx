'use client'
import { useMutation } from '@tanstack/react-query'
import { BellRing, Plus } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useTranslations } from 'next-intl'
import { parseAsString, useQueryState } from 'nuqs'
import type { ReactNode } from 'react'
import { PageBody } from '../../components/frame/page.tsx'
import { RouteTabs } from '../../components/frame/route-tabs.tsx'
import { useForbidden } from '../../components/frame/shell.tsx'
import { TitleRow } from '../../components/frame/title-row.tsx'
import { Badge, StateIcon } from '../../components/ui/badge.tsx'
import { Button } from '../../components/ui/button.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { ErrorState } from '../../components/ui/error-state.tsx'
import { QueryError } from '../../components/ui/query-error.tsx'
import { useReasonWords } from '../../lib/failure-words.tsx'
import { href } from '../../lib/href.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import type { AlertsStatus } from './outputs.ts'
import { useAlertsChanged, useLiveAlerts } from './use-alerts.ts'

const RuleDialog = dynamic(async () => (await import('./rule-dialog.tsx')).RuleDialog, { ssr: false })

/** What stands around both tabs of alerts: whether rules are evaluated and by whom, and the form of a rule. */
export function AlertsFrame({ cluster, children }: { cluster: string; children: ReactNode }) {
  const t = useTranslations('alerts')
  const reasonWords = useReasonWords()
  const trpc = useTRPC()
  const administer = useForbidden('administer')
  const changed = useAlertsChanged()
  const [edited, setEdited] = useQueryState('rule', parseAsString)
  const about = useLiveAlerts(cluster)
  const enable = useMutation(trpc.alerts.enable.mutationOptions({ onSuccess: changed }))
  const status = about.data?.status
  const isOff = status?.state === 'off'
  // Without a rule there is nothing that anybody should evaluate.
  const isIdle = status?.state === 'paused' && status.reason === null && about.data?.rules.length === 0
  const rule = about.data?.rules.find(({ id }) => id === edited)
  return (
    <>
      <TitleRow
        title={t('title')}
        badges={status !== undefined && !isOff && !isIdle && <StatusLine status={status} />}
        actions={
          status !== undefined &&
          !isOff && (
            <Button disabledReason={administer} onClick={() => void setEdited('new')}>
              <Plus size={16} strokeWidth={1.75} aria-hidden />
              {t('newRule')}
            </Button>
          )
        }
      />
      {!isOff && (
        <RouteTabs
          label={t('title')}
          tabs={[
            { href: href.alerts(cluster), label: t('tab.alerts') },
            { href: href.alerts(cluster, 'rules'), label: t('tab.rules') },
          ]}
        />
      )}
      <QueryError className="m-4" query={about} />
      {!isOff && status?.keyProblem != null && (
        <p role="status" className="mx-6 my-3 flex items-start gap-2 text-attention max-sm:mx-4">
          <span className="pt-[3px]">
            <StateIcon state="attention" />
          </span>
          <span className="min-w-0 break-words">
            {t('keyProblem')} {reasonWords(status.keyProblem)}
          </span>
        </p>
      )}
      {!isOff && (status?.sealedByOlder ?? 0) > 0 && (
        <p role="status" className="mx-6 my-3 text-muted max-sm:mx-4">
          {t('sealedByOlder', { count: status?.sealedByOlder ?? 0 })}
        </p>
      )}
      <PageBody>
        {isOff ? (
          <EmptyState
            icon={BellRing}
            title={t('off')}
            action={
              <Button
                kind="primary"
                busy={enable.isPending}
                disabledReason={administer}
                onClick={() => enable.mutate({ cluster })}
              >
                {t('enable', { topic: status.topic })}
              </Button>
            }
          >
            {t('offAbout')}
            {enable.error !== null && <ErrorState className="mt-3 text-left" error={enable.error} />}
          </EmptyState>
        ) : (
          children
        )}
      </PageBody>
      {(edited === 'new' || rule !== undefined) && administer === undefined && !isOff && status !== undefined && (
        <RuleDialog
          key={edited}
          cluster={cluster}
          {...(rule !== undefined && { rule })}
          onClose={() => void setEdited(null)}
        />
      )}
    </>
  )
}

function StatusLine({ status }: { status: AlertsStatus }) {
  const t = useTranslations('alerts')
  const reasonWords = useReasonWords()
  return (
    <>
      {status.firing > 0 && <Badge state="wrong">{t('firingCount', { count: status.firing })}</Badge>}
      {status.runner !== null ? (
        <span className="text-meta text-muted">
          {status.runner.isHere ? t('runsHere') : t('runsElsewhere', { name: status.runner.name })}
        </span>
      ) : (
        <Badge state="unknown" {...(status.reason !== null && { tip: reasonWords(status.reason) })}>
          {t('notRunning')}
        </Badge>
      )}
    </>
  )
}
