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
import { useToast } from '../../components/ui/toast.tsx'
import { odradekCommand } from '../../lib/shell-command.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { useOneAtATime } from '../../lib/use-one-at-a-time.ts'
import { useReplicationChanged } from './use-replication-changed.ts'

/** Forgets a broker that is gone for good, with the settings that were made for it alone. */
export function UnregisterBroker({ cluster, nodeId, onClose }: { cluster: string; nodeId: number; onClose(): void }) {
  const t = useTranslations('replication')
  const frame = useTranslations('frame')
  const trpc = useTRPC()
  const toast = useToast()
  const { bootstrap } = useShell()
  const once = useOneAtATime()
  const changed = useReplicationChanged()
  const [typed, setTyped] = useState('')
  const id = String(nodeId)
  const forget = useMutation(
    trpc.replication.unregister.mutationOptions({
      onSuccess: async () => {
        onClose()
        toast({ text: t('unregister.done', { id }) })
        await changed()
      },
    }),
  )
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('unregister.title', { id })}
      description={t('unregister.about')}
      footer={
        <>
          <Button onClick={onClose}>{frame('cancel')}</Button>
          <Button
            kind="wrong"
            busy={forget.isPending}
            disabledReason={typed === id ? undefined : t('unregister.typeFirst')}
            onClick={() => once(() => forget.mutateAsync({ cluster, nodeId, confirm: typed }))}
          >
            {t('unregister.act', { id })}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3 pb-2">
        <CommandLine label={frame('equivalent')} command={odradekCommand(bootstrap, 'cluster', 'unregister', id)} />
        <ConfirmName name={id} value={typed} onChange={setTyped} />
        {forget.error !== null && <ErrorState error={forget.error} />}
      </div>
    </Dialog>
  )
}
