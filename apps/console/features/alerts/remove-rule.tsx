'use client'
import { useMutation } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { Button } from '../../components/ui/button.tsx'
import { Dialog } from '../../components/ui/dialog.tsx'
import { ErrorState } from '../../components/ui/error-state.tsx'
import { useToast } from '../../components/ui/toast.tsx'
import { useTRPC } from '../../lib/trpc.tsx'
import { useOneAtATime } from '../../lib/use-one-at-a-time.ts'
import type { AlertRule } from './outputs.ts'
import { useAlertsChanged } from './use-alerts.ts'

/** Removes a rule; what fires by it is resolved without a call. */
export function RemoveRule(props: { cluster: string; rule: AlertRule; onClose(): void }) {
  const { cluster, rule, onClose } = props
  const t = useTranslations('alerts')
  const frame = useTranslations('frame')
  const trpc = useTRPC()
  const toast = useToast()
  const changed = useAlertsChanged()
  const once = useOneAtATime()
  const remove = useMutation(
    trpc.alerts.remove.mutationOptions({
      onSuccess: async ({ name }) => {
        await changed()
        toast({ text: t('remove.done', { name }) })
        onClose()
      },
    }),
  )
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('remove.title', { name: rule.name })}
      description={t('remove.about', { count: rule.firing })}
      footer={
        <>
          <Button onClick={onClose}>{frame('cancel')}</Button>
          <Button
            kind="wrong"
            busy={remove.isPending}
            onClick={() => once(() => remove.mutateAsync({ cluster, id: rule.id }))}
          >
            {t('remove.act')}
          </Button>
        </>
      }
    >
      {remove.error !== null && <ErrorState error={remove.error} />}
    </Dialog>
  )
}
