'use client'
import { Store } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useForbidden } from '../../components/frame/shell.tsx'
import { Button } from '../../components/ui/button.tsx'
import { ErrorState } from '../../components/ui/error-state.tsx'
import { useShop } from './use-shop.ts'

/** While the sample shop is in the cluster: that it is, and one click to take it out. */
export function ShopStrip({ cluster }: { cluster: string }) {
  const t = useTranslations('demo')
  const forbidden = useForbidden('operate')
  const { state, failure, error, start, stop } = useShop(cluster)
  if (state === undefined || (state === 'none' && failure === null && error === null)) return null
  const busy = stop.isPending || state === 'closing'
  return (
    <div className="mb-4 flex flex-col gap-2">
      {state !== 'none' && (
        <div className="flex flex-wrap items-center gap-2 rounded-panel border bg-panel py-1.5 pr-2 pl-3">
          <Store size={16} strokeWidth={1.75} aria-hidden className="text-muted" />
          <span className="min-w-0 flex-1">{t(`state.${state}`)}</span>
          {state === 'closed' && (
            <Button small disabledReason={forbidden} busy={start.isPending} onClick={() => start.mutate({ cluster })}>
              {t('open')}
            </Button>
          )}
          <Button small disabledReason={forbidden} busy={busy} onClick={() => stop.mutate({ cluster })}>
            {busy ? t('removing') : t('remove')}
          </Button>
        </div>
      )}
      {failure !== null && <p className="break-words text-wrong">{t('failed', { reason: failure })}</p>}
      {error !== null && <ErrorState error={error} />}
    </div>
  )
}
