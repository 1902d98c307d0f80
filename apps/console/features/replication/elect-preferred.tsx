'use client'
import { useMutation } from '@tanstack/react-query'
import { Crown } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useForbidden } from '../../components/frame/shell.tsx'
import { Button } from '../../components/ui/button.tsx'
import { Dialog } from '../../components/ui/dialog.tsx'
import { ErrorState } from '../../components/ui/error-state.tsx'
import { useToast } from '../../components/ui/toast.tsx'
import { useTRPC } from '../../lib/trpc.tsx'
import { useOneAtATime } from '../../lib/use-one-at-a-time.ts'
import { OutcomeList } from './outcome-list.tsx'
import { useReplicationChanged } from './use-replication-changed.ts'

/** Gives partitions back to their preferred leaders: those chosen, or all. It loses nothing, and is done at once. */
export function ElectPreferred(props: {
  cluster: string
  /** null: all that have another leader. */
  partitions: readonly { readonly topic: string; readonly partition: number }[] | null
  /** Why there is nothing to do. */
  needless?: string | undefined
  small?: boolean
}) {
  const { cluster, partitions, needless, small = false } = props
  const t = useTranslations('replication')
  const frame = useTranslations('frame')
  const trpc = useTRPC()
  const toast = useToast()
  const forbidden = useForbidden('operate', 'electLeaders')
  const once = useOneAtATime()
  const changed = useReplicationChanged()
  const elect = useMutation(
    trpc.replication.elect.mutationOptions({
      onSuccess: async ({ results }) => {
        const elected = results.filter(({ error }) => error === null).length
        if (elected === results.length) toast({ text: t('elect.done', { count: elected }) })
        await changed()
      },
    }),
  )
  const wanted = partitions === null ? null : partitions.map(({ topic, partition }) => ({ topic, partition }))
  const isPartial = elect.data?.results.some(({ error }) => error !== null) === true
  return (
    <>
      <Button
        small={small}
        busy={elect.isPending}
        disabledReason={forbidden ?? needless}
        data-tip={t('elect.about')}
        onClick={() => once(() => elect.mutateAsync({ cluster, partitions: wanted }))}
      >
        <Crown size={small ? 14 : 16} strokeWidth={1.75} aria-hidden />
        {t('elect.act', { count: partitions?.length ?? 0 })}
      </Button>
      {(elect.error !== null || isPartial) && (
        <Dialog
          open
          onOpenChange={() => elect.reset()}
          title={t('elect.title')}
          footer={<Button onClick={() => elect.reset()}>{frame('close')}</Button>}
        >
          <div className="flex flex-col gap-3 pb-2">
            {elect.error !== null && <ErrorState error={elect.error} />}
            <OutcomeList results={elect.data?.results} />
          </div>
        </Dialog>
      )}
    </>
  )
}
