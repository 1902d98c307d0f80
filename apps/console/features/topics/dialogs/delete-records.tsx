'use client'
import { keepPreviousData, skipToken, useMutation, useQuery } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { useDeferredValue, useState } from 'react'
import { Button } from '../../../components/ui/button.tsx'
import { CommandLine } from '../../../components/ui/command-line.tsx'
import { ConfirmName } from '../../../components/ui/confirm-name.tsx'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { ErrorState } from '../../../components/ui/error-state.tsx'
import { Field, Input } from '../../../components/ui/field.tsx'
import { QueryError } from '../../../components/ui/query-error.tsx'
import { Select } from '../../../components/ui/select.tsx'
import { exactNumber } from '../../../lib/numbers.ts'
import { parseTime, timeText } from '../../../lib/times.ts'
import { useTRPC } from '../../../lib/trpc.tsx'
import { useZone } from '../../../lib/zone.tsx'
import { DeletePlanTable } from './delete-plan-table.tsx'
import { useTopicsChanged } from './use-topics-changed.ts'

const kinds = ['time', 'keep', 'offset', 'all'] as const
type Kind = (typeof kinds)[number]

/**
 * Deletes records: left what is asked, right what would go, partition by partition, from the server's plan. The plan that is applied is
 * the one that is shown, once.
 */
export function DeleteRecords(props: { cluster: string; topic: string; everything?: boolean; onClose(): void }) {
  const { cluster, topic, everything = false, onClose } = props
  const t = useTranslations('topics')
  const frame = useTranslations('frame')
  const trpc = useTRPC()
  const zone = useZone()
  const changed = useTopicsChanged()
  const [kind, setKind] = useState<Kind>(everything ? 'all' : 'time')
  const [time, setTime] = useState('')
  const [keep, setKeep] = useState('1000')
  const [partition, setPartition] = useState('0')
  const [offset, setOffset] = useState('')
  const [typed, setTyped] = useState('')
  const [now] = useState(() => Date.now())
  const at = parseTime(time, zone, now)
  const target = useDeferredValue(targetOf(kind, { at, keep, partition, offset }))
  const plan = useQuery(
    trpc.topics.deleteRecordsPlan.queryOptions(target === null ? skipToken : { cluster, topic, target }, {
      placeholderData: keepPreviousData,
      staleTime: 0,
      gcTime: 0,
      refetchOnWindowFocus: false,
    }),
  )
  const remove = useMutation(trpc.topics.deleteRecords.mutationOptions({ onSuccess: changed }))
  const { data } = plan
  const done = remove.data
  const fresh = target !== null && !plan.isPlaceholderData && !plan.isFetching
  const reason =
    target === null || data === undefined
      ? t('records.planFirst')
      : data.records === 0
        ? t('records.nothing')
        : typed === topic
          ? undefined
          : t('delete.typeFirst')
  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title={t(everything ? 'records.emptyTitle' : 'records.title', { topic })}
      description={t('records.about')}
      footer={
        done === undefined ? (
          <>
            <Button onClick={onClose}>{frame('cancel')}</Button>
            <Button
              kind="wrong"
              busy={remove.isPending || (reason === undefined && !fresh)}
              disabledReason={reason}
              onClick={() => data !== undefined && remove.mutate({ cluster, planId: data.planId, confirm: typed })}
            >
              {data === undefined || data.records === 0
                ? t('act.records')
                : t('records.act', { count: data.records, shown: exactNumber(data.records) })}
            </Button>
          </>
        ) : (
          <Button kind="primary" onClick={onClose}>
            {frame('close')}
          </Button>
        )
      }
    >
      <div className="flex flex-col gap-3 pb-2">
        {done === undefined && !everything && (
          <div className="flex flex-wrap items-start gap-3">
            <Field label={t('records.which')}>
              {(field) => (
                <Select
                  id={field.id}
                  label={t('records.which')}
                  value={kind}
                  onChange={setKind}
                  options={kinds.map((one) => ({ value: one, label: t(`records.kind.${one}`) }))}
                />
              )}
            </Field>
            {kind === 'time' && (
              <Field
                className="min-w-64 flex-1"
                label={t('records.time')}
                hint={
                  at === null ? t('records.timeHint') : `${timeText(at, zone, 'ms')} · ${timeText(at, 'UTC', 'ms')} UTC`
                }
                error={time !== '' && at === null ? t('records.timeWrong') : undefined}
              >
                {(field) => (
                  <Input
                    {...field}
                    mono
                    value={time}
                    placeholder="2h ago"
                    onChange={(event) => setTime(event.target.value)}
                  />
                )}
              </Field>
            )}
            {kind === 'keep' && (
              <Field label={t('records.keep')}>
                {(field) => (
                  <Input
                    {...field}
                    inputMode="numeric"
                    value={keep}
                    onChange={(event) => setKeep(event.target.value)}
                  />
                )}
              </Field>
            )}
            {kind === 'offset' && (
              <>
                <Field label={t('partition.partition')}>
                  {(field) => (
                    <Input
                      {...field}
                      inputMode="numeric"
                      className="w-24"
                      value={partition}
                      onChange={(event) => setPartition(event.target.value)}
                    />
                  )}
                </Field>
                <Field label={t('records.before')}>
                  {(field) => (
                    <Input
                      {...field}
                      inputMode="numeric"
                      value={offset}
                      onChange={(event) => setOffset(event.target.value)}
                    />
                  )}
                </Field>
              </>
            )}
          </div>
        )}
        <QueryError query={plan} />
        {data !== undefined && (
          <>
            <p className="font-strong" aria-live="polite">
              {done === undefined
                ? t('records.sentence', {
                    shown: exactNumber(data.records),
                    count: data.records,
                    changed: data.changed,
                    emptied: data.emptied,
                  })
                : t('records.done', {
                    done: done.results.filter(({ error }) => error === null).length,
                    failed: done.results.filter(({ error }) => error !== null).length,
                  })}
            </p>
            <DeletePlanTable plan={data} results={done?.results} stale={!fresh} />
            {done === undefined && <CommandLine label={frame('equivalent')} command={data.command} />}
            {done === undefined && data.records > 0 && <ConfirmName name={topic} value={typed} onChange={setTyped} />}
          </>
        )}
        {remove.error !== null && <ErrorState error={remove.error} retry={() => plan.refetch()} />}
      </div>
    </Dialog>
  )
}

/** The question as the API takes it, or null where it is not complete. */
function targetOf(kind: Kind, asked: { at: number | null; keep: string; partition: string; offset: string }) {
  const whole = (text: string) => (/^\d{1,15}$/.test(text.trim()) ? Number(text) : null)
  switch (kind) {
    case 'all':
      return { kind: 'all' as const }
    case 'time':
      return asked.at === null || asked.at < 0 ? null : { kind: 'time' as const, timestampMs: Math.floor(asked.at) }
    case 'keep': {
      const count = whole(asked.keep)
      return count === null ? null : { kind: 'keep' as const, count }
    }
    case 'offset': {
      const before = whole(asked.offset)
      const partition = whole(asked.partition)
      return before === null || partition === null
        ? null
        : { kind: 'offsets' as const, offsets: { [String(partition)]: before } }
    }
    default:
      return kind satisfies never
  }
}
