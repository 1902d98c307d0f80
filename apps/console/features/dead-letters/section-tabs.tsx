'use client'
import { useTranslations } from 'next-intl'
import { RouteTabs } from '../../components/frame/route-tabs.tsx'
import { href } from '../../lib/href.ts'

/** What belongs together: what was given up, what is tried again, and what sends letters again. */
export function SectionTabs({ cluster }: { cluster: string }) {
  const t = useTranslations('deadLetters')
  return (
    <RouteTabs
      label={t('title')}
      tabs={[
        { href: href.deadLetters(cluster), label: t('title') },
        { href: href.retries(cluster), label: t('tab.retries') },
        { href: href.jobs(cluster), label: t('tab.jobs') },
      ]}
    />
  )
}
