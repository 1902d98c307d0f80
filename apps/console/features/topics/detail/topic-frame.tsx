'use client'
import { useQuery } from '@tanstack/react-query'
import { FileQuestion } from 'lucide-react'
import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { PageBody } from '../../../components/frame/page.tsx'
import { RouteTabs } from '../../../components/frame/route-tabs.tsx'
import { TitleRow } from '../../../components/frame/title-row.tsx'
import { Badge } from '../../../components/ui/badge.tsx'
import { ButtonLink } from '../../../components/ui/button.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { ErrorState } from '../../../components/ui/error-state.tsx'
import { apiError } from '../../../lib/api-error.ts'
import { href, type TopicTab } from '../../../lib/href.ts'
import { useTRPC } from '../../../lib/trpc.tsx'
import { DurabilityBadge } from './durability-badge.tsx'
import { TopicActions } from './topic-actions.tsx'
import { TopicFigures } from './topic-figures.tsx'

const REFRESH_MS = 5_000
const tabs: readonly TopicTab[] = ['messages', 'partitions', 'groups', 'configuration', 'producers']

/** What stands around every tab of a topic: its name, badges, acts, figures, and the tabs. */
export function TopicFrame(props: { cluster: string; topic: string; children: ReactNode }) {
  const { cluster, topic, children } = props
  const t = useTranslations('topics')
  const trpc = useTRPC()
  const about = useQuery(trpc.topics.get.queryOptions({ cluster, topic }, { refetchInterval: REFRESH_MS }))
  const missing = about.error !== null && apiError(about.error).code === 'NOT_FOUND'
  return (
    <>
      <TitleRow
        parents={[{ label: t('title'), href: href.topics(cluster) }]}
        title={topic}
        badges={
          about.data !== undefined && (
            <>
              {about.data.isInternal && <Badge>{t('internalBadge')}</Badge>}
              {about.data.durability !== null && <DurabilityBadge durability={about.data.durability} />}
            </>
          )
        }
        actions={!missing && <TopicActions cluster={cluster} topic={topic} partitions={about.data?.partitions} />}
      />
      {missing ? (
        <EmptyState
          icon={FileQuestion}
          title={t('missing', { topic })}
          action={<ButtonLink href={href.topics(cluster)}>{t('allTopics')}</ButtonLink>}
        >
          {t('missingAbout')}
        </EmptyState>
      ) : (
        <>
          <TopicFigures cluster={cluster} topic={topic} data={about.data} />
          <RouteTabs
            label={topic}
            tabs={tabs.map((tab) => ({ href: href.topic(cluster, topic, tab), label: t(`tab.${tab}`) }))}
          />
          {about.error !== null && (
            <ErrorState className="m-4" error={about.error} retry={() => about.refetch()} busy={about.isFetching} />
          )}
          <PageBody>{children}</PageBody>
        </>
      )}
    </>
  )
}
