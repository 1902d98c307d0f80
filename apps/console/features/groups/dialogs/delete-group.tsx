'use client'
import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { useShell } from '../../../components/frame/shell.tsx'
import { Button } from '../../../components/ui/button.tsx'
import { CommandLine } from '../../../components/ui/command-line.tsx'
import { ConfirmName } from '../../../components/ui/confirm-name.tsx'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { ErrorState } from '../../../components/ui/error-state.tsx'
import { useToast } from '../../../components/ui/toast.tsx'
import { href } from '../../../lib/href.ts'
import { odradekCommand } from '../../../lib/shell-command.ts'
import { useTRPC } from '../../../lib/trpc.tsx'
import { useGroupsChanged } from '../use-groups-changed.ts'

/** Deletes a group with all its commits. */
export function DeleteGroup(props: { cluster: string; group: string; onClose(): void }) {
  const { cluster, group, onClose } = props
  const t = useTranslations('groups')
  const frame = useTranslations('frame')
  const trpc = useTRPC()
  const router = useRouter()
  const toast = useToast()
  const changed = useGroupsChanged()
  const { bootstrap } = useShell()
  const [typed, setTyped] = useState('')
  const remove = useMutation(
    trpc.groups.delete.mutationOptions({
      onSuccess: async () => {
        toast({ text: t('delete.done', { group }) })
        router.push(href.groups(cluster))
        await changed()
      },
    }),
  )
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('delete.title', { group })}
      description={t('delete.about')}
      footer={
        <>
          <Button onClick={onClose}>{frame('cancel')}</Button>
          <Button
            kind="wrong"
            busy={remove.isPending}
            disabledReason={typed === group ? undefined : t('typeFirst')}
            onClick={() => remove.mutate({ cluster, group, confirm: typed })}
          >
            {t('act.delete')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3 pb-2">
        <ConfirmName name={group} value={typed} onChange={setTyped} />
        <CommandLine label={frame('equivalent')} command={odradekCommand(bootstrap, 'groups', 'delete', group)} />
        {remove.error !== null && <ErrorState error={remove.error} />}
      </div>
    </Dialog>
  )
}
