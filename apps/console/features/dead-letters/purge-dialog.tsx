'use client'
import { keepPreviousData, skipToken, useMutation, useQuery } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { Button } from '../../components/ui/button.tsx'
import { ConfirmName } from '../../components/ui/confirm-name.tsx'
import { Dialog } from '../../components/ui/dialog.tsx'
import { ErrorState } from '../../components/ui/error-state.tsx'
import { Field, Input } from '../../components/ui/field.tsx'
import { Exact } from '../../components/ui/number.tsx'
import { QueryError } from '../../components/ui/query-error.tsx'
import { Select } from '../../components/ui/select.tsx'
import { exactNumber } from '../../lib/numbers.ts'
import { parseTime, timeText } from '../../lib/times.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { useZone } from '../../lib/zone.tsx'

const kinds = ['resolved', 'time', 'all'] as const
type Kind = (typeof kinds)[number]

/** Takes letters away for good: first what that would be, partition by partition, then the name of the topic typed. */
export function PurgeDialog(props: { cluster: string; topic: string; onClose(): void; onChanged(): void }) {
  const { cluster, topic, onClose, onChanged } = props
  const t = useTranslations('deadLetters')
  const frame = useTranslations('frame')
  const trpc = useTRPC()
  const zone = useZone()
  const [kind, setKind] = useState<Kind>('resolved')
  const [time, setTime] = useState(() => timeText(Date.now() - 7 * 86_400_000, zone, 'minute'))
  const [typed, setTyped] = useState('')
  // What is relative is so to when the dialog was opened: else each answer would ask anew.
  const [now] = useState(() => Date.now())
  const timestampMs = kind === 'time' ? parseTime(time, zone, now) : null
  const what =
    kind !== 'time'
      ? { kind }
      : timestampMs === null
        ? null
        : ({ kind, timestampMs: Math.max(0, Math.round(timestampMs)) } as const)
  const plan = useQuery(
    trpc.deadLetters.purgePlan.queryOptions(what === null ? skipToken : { cluster, topic, what }, {
      staleTime: 0,
      gcTime: 0,
      refetchOnWindowFocus: false,
      placeholderData: keepPreviousData,
    }),
  )
  const purge = useMutation(trpc.deadLetters.purge.mutationOptions({ onSuccess: onChanged }))
  const data = what === null ? undefined : plan.data
  const done = purge.data
  const failed = done?.results.filter(({ error }) => error !== null) ?? []
  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title={t('purge.title', { topic })}
      description={t('purge.about')}
      footer={
        done !== undefined ? (
          <Button kind="primary" onClick={onClose}>
            {frame('close')}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{frame('cancel')}</Button>
            <Button
              kind="wrong"
              busy={purge.isPending || plan.isFetching}
              disabledReason={
                data === undefined || data.letters === 0
                  ? t('purge.nothing')
                  : typed === topic
                    ? undefined
                    : t('purge.typeFirst')
              }
              onClick={() => data !== undefined && purge.mutate({ cluster, planId: data.planId, confirm: typed })}
            >
              {t('purge.act', { count: exactNumber(data?.letters ?? 0) })}
            </Button>
          </>
        )
      }
    >
      <div className="flex flex-col gap-3 pb-2">
        {done !== undefined ? (
          <p role="status">
            {t('purge.done', { partitions: done.results.length - failed.length, failed: failed.length })}
          </p>
        ) : (
          <>
            <div className="flex flex-wrap items-end gap-3">
              <Field label={t('purge.what')}>
                {({ id }) => (
                  <Select
                    id={id}
                    label={t('purge.what')}
                    value={kind}
                    onChange={setKind}
                    options={kinds.map((value) => ({ value, label: t(`purge.kind.${value}`) }))}
                  />
                )}
              </Field>
              {kind === 'time' && (
                <Field
                  label={t('purge.before')}
                  {...(timestampMs === null && { error: t('purge.timeWrong') })}
                  className="w-56"
                >
                  {(control) => (
                    <Input {...control} mono value={time} onChange={(event) => setTime(event.target.value)} />
                  )}
                </Field>
              )}
            </div>
            {data !== undefined && (
              <>
                <p className="font-strong">
                  {t('purge.sentence', {
                    letters: exactNumber(data.letters),
                    unresolved: exactNumber(data.unresolved),
                    partitions: data.rows.length,
                  })}
                </p>
                <p className="text-meta text-muted">
                  {t(`purge.how.${data.how}`)} {data.note}
                </p>
                <table className="w-full text-meta">
                  <thead>
                    <tr className="text-left text-muted">
                      <th scope="col" className="py-1 font-regular">
                        {t('purge.partition')}
                      </th>
                      <th scope="col" className="py-1 text-right font-regular">
                        {t('purge.goes')}
                      </th>
                      <th scope="col" className="py-1 text-right font-regular">
                        {t('purge.unresolved')}
                      </th>
                      <th scope="col" className="py-1 text-right font-regular">
                        {t('purge.stays')}
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {data.rows.map((row) => (
                      <tr key={row.partition} className="border-t">
                        <td className="py-1">{row.partition}</td>
                        <td className="py-1 text-right">
                          <Exact value={row.letters} />
                        </td>
                        <td className="py-1 text-right">
                          <Exact value={row.unresolved} />
                        </td>
                        <td className="py-1 text-right">
                          <Exact value={row.left} />
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
                {data.letters > 0 && <ConfirmName name={topic} value={typed} onChange={setTyped} />}
              </>
            )}
          </>
        )}
        {failed.map(({ partition, error }) => (
          <p key={partition} className="text-wrong">
            {partition}: {error}
          </p>
        ))}
        <QueryError query={plan} />
        {purge.error !== null && <ErrorState error={purge.error} />}
      </div>
    </Dialog>
  )
}
