'use client'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { useTranslations } from 'next-intl'
import { PageBody } from '../../components/frame/page.tsx'
import { TitleRow } from '../../components/frame/title-row.tsx'
import { Copy } from '../../components/ui/copy.tsx'
import { QueryError } from '../../components/ui/query-error.tsx'
import { liveInterval } from '../../lib/live-interval.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { useKept } from '../../lib/use-kept.ts'
import { ShopStrip } from '../demo/shop-strip.tsx'
import { AttentionList } from './attention-list.tsx'
import { BrokerTable } from './broker-table.tsx'
import { EmptyCluster } from './empty-cluster.tsx'
import { History } from './history.tsx'
import { OverviewFigures } from './overview-figures.tsx'
import { useSeries } from './use-series.ts'

const REFRESH_MS = 5_000

/** The cluster at a glance: what needs attention first, and why; then its figures over time and its brokers. */
export function Overview({ cluster }: { cluster: string }) {
  const t = useTranslations('overview')
  const trpc = useTRPC()
  const onData = useKept(trpc.overview.get.queryKey({ cluster }))
  const live = useSubscription(trpc.overview.getLive.subscriptionOptions({ cluster }, { onData }))
  const about = useQuery(
    trpc.overview.get.queryOptions(
      { cluster },
      { refetchInterval: liveInterval(live, REFRESH_MS), placeholderData: keepPreviousData },
    ),
  )
  const series = useSeries(cluster)
  const { data } = about
  const bare = data !== undefined && data.topics.total === data.topics.internal
  return (
    <>
      <TitleRow
        title={t('title')}
        badges={
          data?.clusterId != null && (
            <span className="inline-flex min-w-0 items-center gap-1 text-meta text-muted">
              {t('clusterId')} <span className="break-all font-mono">{data.clusterId}</span>
              <Copy text={data.clusterId} />
            </span>
          )
        }
      />
      <OverviewFigures data={data} series={series} />
      <PageBody padded>
        <QueryError className="mb-4" query={about} />
        <ShopStrip cluster={cluster} />
        {data !== undefined && <AttentionList cluster={cluster} attention={data.attention} />}
        {bare && <EmptyCluster cluster={cluster} />}
        {!bare && <History series={series} />}
        {(data === undefined ? about.error === null : true) && <BrokerTable brokers={data?.brokers} />}
      </PageBody>
    </>
  )
}
