'use client'
import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { ButtonLink } from '../../components/ui/button.tsx'
import { SidePanel } from '../../components/ui/side-panel.tsx'
import { Time } from '../../components/ui/time.tsx'
import { useReasonWords } from '../../lib/failure-words.tsx'
import { href } from '../../lib/href.ts'
import { AlertValue } from './alert-value.tsx'
import type { AlertIncident } from './outputs.ts'
import { SubjectLink } from './subject-link.tsx'

/** One alert: since when, how high, and what became of its calls. */
export function AlertPanel(props: { cluster: string; alert: AlertIncident; onClose(): void }) {
  const { cluster, alert, onClose } = props
  const t = useTranslations('alerts')
  const reasonWords = useReasonWords()
  const value = (of: number) => <AlertValue kind={alert.kind} value={of} />
  const rows: readonly (readonly [string, ReactNode])[] = [
    [t('column.subject'), <SubjectLink key="subject" cluster={cluster} alert={alert} />],
    [t('column.rule'), alert.ruleName],
    [t('column.kind'), t(`kind.${alert.kind}`)],
    [t('column.threshold'), value(alert.threshold)],
    [t('since'), <Time key="since" at={alert.sinceMs} />],
    [t('column.fired'), <Time key="fired" at={alert.firedAtMs} />],
    [t('firedAt'), value(alert.firedValue)],
    [t('column.peak'), value(alert.peakValue)],
    [
      t('resolvedAt'),
      alert.resolvedAtMs === null ? (
        '—'
      ) : (
        <>
          <Time at={alert.resolvedAtMs} /> · {t(`resolvedBy.${alert.resolvedBy ?? 'value'}`)}
        </>
      ),
    ],
  ]
  return (
    <SidePanel
      title={t('alertOf', { subject: alert.subject })}
      onClose={onClose}
      actions={
        <ButtonLink small href={`${href.alerts(cluster, 'rules')}?rule=${alert.ruleId}`}>
          {t('toRule')}
        </ButtonLink>
      }
    >
      <dl className="py-2">
        {rows.map(([label, shown]) => (
          <div key={label} className="flex gap-3 px-4 py-1">
            <dt className="w-32 shrink-0 text-muted">{label}</dt>
            <dd className="min-w-0 flex-1 break-words">{shown}</dd>
          </div>
        ))}
      </dl>
      <h3 className="px-4 pt-3 pb-1">{t('column.webhook')}</h3>
      {alert.deliveries.length === 0 && <p className="px-4 pb-4 text-muted">{t('noDeliveries')}</p>}
      <ul>
        {alert.deliveries.map((delivery) => (
          <li key={delivery.id} className="border-t px-4 py-2">
            <p>
              {t(`state.${delivery.about}`)}: {t(`delivery.${delivery.state}`)}{' '}
              <span className="text-muted">
                · {t('attempts', { count: delivery.attempts })}
                {delivery.status !== null && ` · HTTP ${delivery.status}`}
              </span>
            </p>
            {delivery.error !== null && <p className="break-words text-wrong">{reasonWords(delivery.error)}</p>}
            {delivery.nextAtMs !== null && (
              <p className="text-meta text-muted">
                {t.rich('nextTry', { time: () => <Time key="next" at={delivery.nextAtMs ?? 0} /> })}
              </p>
            )}
            <p className="break-all font-mono text-meta text-muted">{delivery.id}</p>
          </li>
        ))}
      </ul>
    </SidePanel>
  )
}
