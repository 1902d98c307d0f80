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
import { OutcomeList } from './outcome-list.tsx'
import { placeName } from './outputs.ts'
import { useReplicationChanged } from './use-replication-changed.ts'

/** The last resort: any replica that is there leads, and what it has not got is lost. */
export function ElectUnclean(props: { cluster: string; topic: string; partition: number; onClose(): void }) {
  const { cluster, topic, partition, onClose } = props
  const t = useTranslations('replication')
  const frame = useTranslations('frame')
  const trpc = useTRPC()
  const { bootstrap } = useShell()
  const once = useOneAtATime()
  const changed = useReplicationChanged()
  const [typed, setTyped] = useState('')
  const name = placeName({ topic, partition })
  const elect = useMutation(
    trpc.replication.electUnclean.mutationOptions({
      onSuccess: async ({ results }) => {
        await changed()
        if (results.every(({ error }) => error === null)) onClose()
      },
    }),
  )
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('unclean.title', { name })}
      description={t('unclean.about')}
      footer={
        <>
          <Button onClick={onClose}>{frame('cancel')}</Button>
          <Button
            kind="wrong"
            busy={elect.isPending}
            disabledReason={typed === name ? undefined : t('unclean.typeFirst')}
            onClick={() => once(() => elect.mutateAsync({ cluster, topic, partition, confirm: typed }))}
          >
            {t('unclean.act')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3 pb-2">
        <CommandLine
          label={frame('equivalent')}
          command={odradekCommand(
            bootstrap,
            'cluster',
            'elect-leaders',
            '--topic',
            `${topic}:${partition}`,
            '--unclean',
          )}
        />
        <ConfirmName name={name} value={typed} onChange={setTyped} />
        {elect.error !== null && <ErrorState error={elect.error} />}
        <OutcomeList results={elect.data?.results} />
      </div>
    </Dialog>
  )
}
