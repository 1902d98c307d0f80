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
import { type GroupTab, href } from '../../../lib/href.ts'
import { GroupState } from '../group-state.tsx'
import { GroupActions } from './group-actions.tsx'
import { GroupFigures } from './group-figures.tsx'
import { useGroup } from './use-group.ts'

const tabs: readonly GroupTab[] = ['lag', 'members', 'diagnosis', 'reset']

/** What stands around every tab of a group: its id, state, acts, figures, and the tabs. */
export function GroupFrame(props: { cluster: string; group: string; children: ReactNode }) {
  const { cluster, group, children } = props
  const t = useTranslations('groups')
  const about = useGroup(cluster, group)
  const { data } = about
  const missing = about.error !== null && apiError(about.error).code === 'NOT_FOUND'
  return (
    <>
      <TitleRow
        parents={[{ label: t('title'), href: href.groups(cluster) }]}
        title={group === '' ? t('unnamed') : group}
        badges={
          data !== undefined && (
            <>
              <GroupState state={data.state} />
              <Badge>{data.type}</Badge>
              {data.assignor !== '' && <Badge tip={t('assignor')}>{data.assignor}</Badge>}
            </>
          )
        }
        actions={!missing && <GroupActions cluster={cluster} group={group} members={data?.members.length} />}
      />
      {missing ? (
        <EmptyState
          icon={FileQuestion}
          title={t('missing', { group })}
          action={<ButtonLink href={href.groups(cluster)}>{t('allGroups')}</ButtonLink>}
        >
          {t('missingAbout')}
        </EmptyState>
      ) : (
        <>
          <GroupFigures cluster={cluster} group={group} data={data} />
          <RouteTabs
            label={group}
            tabs={tabs.map((tab) => ({ href: href.group(cluster, group, tab), label: t(`tab.${tab}`) }))}
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
