'use client'
import { useMutation } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { useShell } from '../../components/frame/shell.tsx'
import { Button } from '../../components/ui/button.tsx'
import { CommandLine } from '../../components/ui/command-line.tsx'
import { ConfirmName } from '../../components/ui/confirm-name.tsx'
import { Dialog } from '../../components/ui/dialog.tsx'
import { ErrorState } from '../../components/ui/error-state.tsx'
import { odradekCommand } from '../../lib/shell-command.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { useOneAtATime } from '../../lib/use-one-at-a-time.ts'
import { placeOf } from '../messages/message-query.ts'
import { useDelayedChanged } from './use-delayed-changed.ts'

/** Commands of more records than these would not be read. */
const COMMANDS_MAX = 5

/** Recalls records, which cannot be undone, or delivers them now; the outcome stays on screen until it is closed. */
export function OrderDialog(props: {
  cluster: string
  topic: string
  what: 'recall' | 'deliver'
  /** `3@1842` */
  places: readonly string[]
  onDone(): void
  onClose(): void
}) {
  const { cluster, topic, what, places, onDone, onClose } = props
  const t = useTranslations('delayed')
  const frame = useTranslations('frame')
  const trpc = useTRPC()
  const changed = useDelayedChanged()
  const { bootstrap } = useShell()
  const once = useOneAtATime()
  const [typed, setTyped] = useState('')
  const done = { onSuccess: () => changed().then(onDone) }
  const recall = useMutation(trpc.delayed.recall.mutationOptions(done))
  const deliver = useMutation(trpc.delayed.deliver.mutationOptions(done))
  const act = what === 'recall' ? recall : deliver
  const records = places.flatMap((place) => placeOf(place) ?? [])
  const count = records.length
  const mustType = what === 'recall' && count > 1
  const result = act.data
  const commands = records.slice(0, COMMANDS_MAX).map(({ partition, offset }) => {
    const words = ['--topic', topic, '--partition', String(partition), '--offset', String(offset)]
    return odradekCommand(bootstrap, 'delayed', what, ...words)
  })
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t(`${what}.title`, { count, topic })}
      description={t(`${what}.about`, { count })}
      footer={
        <>
          <Button onClick={onClose}>{frame(result === undefined ? 'cancel' : 'close')}</Button>
          {/* It stays where it is when it is done: a second press must not find another button there. */}
          <Button
            kind={what === 'recall' ? 'wrong' : 'primary'}
            busy={act.isPending}
            disabledReason={
              result !== undefined ? t('ordered') : mustType && typed !== topic ? t('typeFirst') : undefined
            }
            onClick={() => once(() => act.mutateAsync({ cluster, topic, records }))}
          >
            {t(`${what}.act`, { count })}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3 pb-2">
        {/* All of it stays: a dialog that shrinks would take a second press for one beside it. */}
        {mustType && <ConfirmName name={topic} value={typed} onChange={setTyped} />}
        {commands.map((command) => (
          <CommandLine key={command} label={frame('equivalent')} command={command} />
        ))}
        {result !== undefined && (
          <p role="status">
            {t(`${what}.done`, { count: result.done })}
            {result.skipped > 0 && ` ${t('skipped', { count: result.skipped })}`}
            {result.failed > 0 && ` ${t('failed', { count: result.failed })}`}
          </p>
        )}
        {act.error !== null && <ErrorState error={act.error} />}
      </div>
    </Dialog>
  )
}
