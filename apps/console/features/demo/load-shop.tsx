'use client'
import { Store } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useForbidden } from '../../components/frame/shell.tsx'
import { Button } from '../../components/ui/button.tsx'
import { useShop } from './use-shop.ts'

/** On an empty cluster: fills it with something to look at. */
export function LoadShop({ cluster }: { cluster: string }) {
  const t = useTranslations('demo')
  const forbidden = useForbidden('operate')
  const { state, start } = useShop(cluster)
  const busy = start.isPending || state === 'opening' || state === 'closing'
  return (
    <Button data-tip={t('about')} disabledReason={forbidden} busy={busy} onClick={() => start.mutate({ cluster })}>
      <Store size={16} strokeWidth={1.75} aria-hidden />
      {busy ? t('opening') : t('load')}
    </Button>
  )
}
