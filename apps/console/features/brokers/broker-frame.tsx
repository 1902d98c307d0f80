'use client'
import { FileQuestion } from 'lucide-react'
import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { PageBody } from '../../components/frame/page.tsx'
import { RouteTabs } from '../../components/frame/route-tabs.tsx'
import { TitleRow } from '../../components/frame/title-row.tsx'
import { Badge } from '../../components/ui/badge.tsx'
import { ButtonLink } from '../../components/ui/button.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { QueryError, ToldFailure } from '../../components/ui/query-error.tsx'
import { apiError } from '../../lib/api-error.ts'
import { href } from '../../lib/href.ts'
import { BrokerFigures } from './broker-figures.tsx'
import { useBroker } from './use-broker.ts'

/** What stands around every tab of a broker. */
export function BrokerFrame(props: { cluster: string; nodeId: number; children: ReactNode }) {
  const { cluster, nodeId, children } = props
  const t = useTranslations('brokers')
  const about = useBroker(cluster, nodeId)
  const { data } = about
  const missing = about.error !== null && apiError(about.error).kafka?.name === 'BROKER_NOT_AVAILABLE'
  const name = t('name', { id: String(nodeId) })
  return (
    <>
      <TitleRow
        parents={[{ label: t('title'), href: href.brokers(cluster) }]}
        title={nodeId}
        badges={
          data !== undefined && (
            <>
              <span className="font-mono text-meta text-muted">{`${data.host}:${data.port}`}</span>
              {data.isController && <Badge>{t('controller')}</Badge>}
              {data.rack !== null && <Badge tip={t('rack')}>{data.rack}</Badge>}
            </>
          )
        }
      />
      {missing ? (
        <EmptyState
          icon={FileQuestion}
          title={t('missing', { id: String(nodeId) })}
          action={<ButtonLink href={href.brokers(cluster)}>{t('all')}</ButtonLink>}
        >
          {t('missingAbout')}
        </EmptyState>
      ) : (
        <>
          <BrokerFigures data={data} />
          <RouteTabs
            label={name}
            tabs={[
              { href: href.broker(cluster, nodeId), label: t('tab.disks') },
              { href: `${href.broker(cluster, nodeId)}/configuration`, label: t('tab.configuration') },
            ]}
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
