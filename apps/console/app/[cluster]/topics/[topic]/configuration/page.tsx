import { HydrationBoundary } from '@tanstack/react-query'
import { TopicConfiguration } from '../../../../../features/topics/configuration/topic-configuration.tsx'
import { nameOf } from '../../../../../lib/href.ts'
import { configDocs } from '../../../../../server/config-docs.ts'
import { prefetch, serverTrpc } from '../../../../../server/trpc.ts'

export default async function TopicConfigurationPage(props: { params: Promise<{ cluster: string; topic: string }> }) {
  const params = await props.params
  const input = { cluster: nameOf(params.cluster), topic: nameOf(params.topic) }
  const { trpc } = await serverTrpc()
  const state = await prefetch(trpc.topics.configs.queryOptions(input))
  return (
    <HydrationBoundary state={state}>
      <TopicConfiguration {...input} docs={await configDocs()} />
    </HydrationBoundary>
  )
}
