'use client'
import { FileQuestion } from 'lucide-react'
import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { PageBody } from '../../../components/frame/page.tsx'
import { RouteTabs } from '../../../components/frame/route-tabs.tsx'
import { TitleRow } from '../../../components/frame/title-row.tsx'
import { Badge } from '../../../components/ui/badge.tsx'
import { ButtonLink } from '../../../components/ui/button.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { QueryError, ToldFailure } from '../../../components/ui/query-error.tsx'
import { apiError } from '../../../lib/api-error.ts'
import { href, type TopicTab } from '../../../lib/href.ts'
import { DurabilityBadge } from './durability-badge.tsx'
import { TopicActions } from './topic-actions.tsx'
import { TopicFigures } from './topic-figures.tsx'
import { useTopic } from './use-topic.ts'

const tabs: readonly TopicTab[] = ['messages', 'partitions', 'groups', 'configuration', 'producers']

/** One message: `…/topics/orders/3/1842`. */
const RECORD_PATH = /\/topics\/[^/]+\/\d+\/\d+$/

/** What stands around every tab of a topic: its name, badges, acts, figures, and the tabs. */
export function TopicFrame(props: { cluster: string; topic: string; children: ReactNode }) {
  const { cluster, topic, children } = props
  const t = useTranslations('topics')
  const about = useTopic(cluster, topic)
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
        act={!missing && <TopicActions cluster={cluster} topic={topic} partitions={about.data?.partitions} />}
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
            tabs={tabs.map((tab) => ({
              href: href.topic(cluster, topic, tab),
              label: t(`tab.${tab}`),
              ...(tab === 'messages' && { also: RECORD_PATH }),
            }))}
          />
          <QueryError className="m-4" query={about} />
          <PageBody>
            <ToldFailure error={about.error}>{children}</ToldFailure>
          </PageBody>
        </>
      )}
    </>
  )
}
