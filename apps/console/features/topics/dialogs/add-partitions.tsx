'use client'
import { useMutation } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { useShell } from '../../../components/frame/shell.tsx'
import { Button } from '../../../components/ui/button.tsx'
import { CommandLine } from '../../../components/ui/command-line.tsx'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { ErrorState } from '../../../components/ui/error-state.tsx'
import { Field, Input } from '../../../components/ui/field.tsx'
import { odradekCommand } from '../../../lib/shell-command.ts'
import { useTRPC } from '../../../lib/trpc.tsx'
import { useTopicsChanged } from './use-topics-changed.ts'

/** More partitions; there is no way back to fewer, and keys may move, which it says. */
export function AddPartitions(props: { cluster: string; topic: string; now: number; onClose(): void }) {
  const { cluster, topic, now, onClose } = props
  const t = useTranslations('topics')
  const frame = useTranslations('frame')
  const trpc = useTRPC()
  const { bootstrap } = useShell()
  const changed = useTopicsChanged()
  const [typed, setTyped] = useState(String(now + 1))
  const add = useMutation(
    trpc.topics.addPartitions.mutationOptions({
      onSuccess: async () => {
        await changed()
        onClose()
      },
    }),
  )
  const total = Number(typed)
  const sound = Number.isInteger(total) && total > now && total <= 100_000
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('partitions.title', { topic })}
      description={t('partitions.about')}
      footer={
        <>
          <Button onClick={onClose}>{frame('cancel')}</Button>
          <Button
            kind="primary"
            busy={add.isPending}
            disabledReason={sound ? undefined : t('partitions.more', { now })}
            onClick={() => add.mutate({ cluster, topic, total })}
          >
            {sound ? t('partitions.act', { count: total - now }) : t('act.partitions')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3 pb-2">
        <Field label={t('partitions.total')} hint={t('partitions.now', { now })}>
          {(field) => (
            <Input {...field} inputMode="numeric" value={typed} onChange={(event) => setTyped(event.target.value)} />
          )}
        </Field>
        <CommandLine
          label={frame('equivalent')}
          command={odradekCommand(
            bootstrap,
            'topics',
            'partitions',
            'add',
            topic,
            '--total',
            sound ? String(total) : 'N',
          )}
        />
        {add.error !== null && <ErrorState error={add.error} />}
      </div>
    </Dialog>
  )
}
