'use client'
import { Rows3 } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useShell } from '../../components/frame/shell.tsx'
import { ButtonLink } from '../../components/ui/button.tsx'
import { CommandLine } from '../../components/ui/command-line.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { href } from '../../lib/href.ts'
import { LoadShop } from '../demo/load-shop.tsx'

/** A cluster without topics: what they are, and how the first comes to be. */
export function EmptyCluster({ cluster }: { cluster: string }) {
  const t = useTranslations('overview')
  const { bootstrap } = useShell()
  return (
    <EmptyState
      icon={Rows3}
      title={t('empty.title')}
      action={
        <>
          <ButtonLink kind="primary" href={href.newTopic(cluster)}>
            {t('empty.create')}
          </ButtonLink>
          <LoadShop cluster={cluster} />
        </>
      }
    >
      <p className="mb-3">{t('empty.about')}</p>
      <CommandLine label="kcat" command={`echo hello | kcat -P -b ${bootstrap.join(',')} -t greetings`} />
    </EmptyState>
  )
}
