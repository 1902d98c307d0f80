'use client'
import { useMutation } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { Button } from '../../../components/ui/button.tsx'
import { ConfirmName } from '../../../components/ui/confirm-name.tsx'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { ErrorState } from '../../../components/ui/error-state.tsx'
import { useTRPC } from '../../../lib/trpc.tsx'
import { useGroupsChanged } from '../use-groups-changed.ts'

/** Sends the members of a group away, so that its offsets can be moved; what still runs comes back by itself. */
export function FenceMembers(props: { cluster: string; group: string; onClose(): void }) {
  const { cluster, group, onClose } = props
  const t = useTranslations('groups')
  const frame = useTranslations('frame')
  const trpc = useTRPC()
  const changed = useGroupsChanged()
  const [typed, setTyped] = useState('')
  const fence = useMutation(trpc.groups.fenceMembers.mutationOptions({ onSuccess: changed }))
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('fence.title', { group })}
      description={t('fence.about')}
      footer={
        fence.data === undefined ? (
          <>
            <Button onClick={onClose}>{frame('cancel')}</Button>
            <Button
              kind="wrong"
              busy={fence.isPending}
              disabledReason={typed === group ? undefined : t('typeFirst')}
              onClick={() => fence.mutate({ cluster, group, confirm: typed })}
            >
              {t('act.fence')}
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
        {fence.data === undefined ? (
          <ConfirmName name={group} value={typed} onChange={setTyped} />
        ) : (
          <p role="status">{t('fence.done', { count: fence.data.members.length })}</p>
        )}
        {fence.error !== null && <ErrorState error={fence.error} />}
      </div>
    </Dialog>
  )
}
