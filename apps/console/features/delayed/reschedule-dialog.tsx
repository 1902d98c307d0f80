'use client'
import { useMutation } from '@tanstack/react-query'
import { useLocale, useTranslations } from 'next-intl'
import { type FormEvent, useId, useState } from 'react'
import { useShell } from '../../components/frame/shell.tsx'
import { Button } from '../../components/ui/button.tsx'
import { CommandLine } from '../../components/ui/command-line.tsx'
import { Dialog } from '../../components/ui/dialog.tsx'
import { ErrorState } from '../../components/ui/error-state.tsx'
import { Field, Input } from '../../components/ui/field.tsx'
import { useToast } from '../../components/ui/toast.tsx'
import { odradekCommand } from '../../lib/shell-command.ts'
import { relativeTime, timeText } from '../../lib/times.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { useOneAtATime } from '../../lib/use-one-at-a-time.ts'
import { useZone } from '../../lib/zone.tsx'
import { parseDue } from './due-time.ts'
import { useDelayedChanged } from './use-delayed-changed.ts'
import type { WaitingPlace } from './waiting-panel.tsx'

const PRESETS = ['10m', '1h', '1d', '7d'] as const

/** Another time for one record. */
export function RescheduleDialog(props: {
  place: WaitingPlace
  due: number
  onMoved(offset: number): void
  onClose(): void
}) {
  const { place, due, onMoved, onClose } = props
  const t = useTranslations('delayed')
  const frame = useTranslations('frame')
  const locale = useLocale()
  const zone = useZone()
  const trpc = useTRPC()
  const toast = useToast()
  const changed = useDelayedChanged()
  const form = useId()
  const once = useOneAtATime()
  const { bootstrap } = useShell()
  const [now] = useState(() => Date.now())
  const [typed, setTyped] = useState(() => timeText(due, zone, 'ms'))
  const wanted = parseDue(typed, zone, now)
  const at = wanted === null ? null : Math.round(wanted)
  const move = useMutation(
    trpc.delayed.reschedule.mutationOptions({
      onSuccess: async ({ outcome, offset, due: then }) => {
        await changed()
        if (outcome !== 'moved') return
        toast({ text: t('reschedule.done', { time: timeText(then, zone, 's') }) })
        onMoved(offset)
        onClose()
      },
    }),
  )
  const { topic, partition, offset } = place
  const problem = at === null ? t('reschedule.wrong') : at === due ? t('reschedule.same') : undefined
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (at !== null && problem === undefined) once(() => move.mutateAsync({ ...place, due: at }))
  }
  const outcome = move.data?.outcome
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('reschedule.title', { place: `${partition}@${offset}` })}
      description={t('reschedule.about')}
      footer={
        outcome === 'delivered' || outcome === 'doubled' ? (
          <Button onClick={onClose}>{frame('close')}</Button>
        ) : (
          <>
            <Button onClick={onClose}>{frame('cancel')}</Button>
            <Button kind="primary" type="submit" form={form} busy={move.isPending} disabledReason={problem}>
              {t('act.reschedule')}
            </Button>
          </>
        )
      }
    >
      <form id={form} onSubmit={submit} className="flex flex-col gap-3 pb-2">
        <Field
          label={t('reschedule.time')}
          hint={
            at === null
              ? t('reschedule.hint')
              : `${timeText(at, 'UTC', 'ms')} UTC · ${relativeTime(at, now, locale)}${at <= now ? ` · ${t('reschedule.past')}` : ''}`
          }
          error={at === null && typed !== '' ? t('reschedule.wrong') : undefined}
        >
          {(field) => <Input {...field} mono value={typed} onChange={(event) => setTyped(event.target.value)} />}
        </Field>
        <div className="flex flex-wrap gap-1">
          {PRESETS.map((preset) => (
            <Button key={preset} small onClick={() => setTyped(`+${preset}`)}>
              {t(`reschedule.preset.${preset}`)}
            </Button>
          ))}
        </div>
        {at !== null && (
          <CommandLine
            label={frame('equivalent')}
            command={odradekCommand(
              bootstrap,
              ...['delayed', 'reschedule', '--topic', topic],
              ...['--partition', String(partition), '--offset', String(offset), '--at', new Date(at).toISOString()],
            )}
          />
        )}
        {(outcome === 'delivered' || outcome === 'doubled') && (
          <p role="status" className="text-attention">
            {t(`reschedule.${outcome}`, { offset: move.data?.offset ?? 0 })}
          </p>
        )}
        {move.error !== null && <ErrorState error={move.error} />}
      </form>
    </Dialog>
  )
}
