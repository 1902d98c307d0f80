import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { JobPage } from '../../../../../features/jobs/job-page.tsx'
import { nameOf } from '../../../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../../../server/trpc.ts'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('jobs'))('one') }
}

export default async function OneJobPage(props: { params: Promise<{ cluster: string; job: string }> }) {
  const params = await props.params
  const cluster = nameOf(params.cluster)
  const job = nameOf(params.job)
  const { trpc } = await serverTrpc()
  const state = await prefetch(trpc.jobs.get.queryOptions({ cluster, job }))
  return (
    <HydrationBoundary state={state}>
      <JobPage cluster={cluster} job={job} />
    </HydrationBoundary>
  )
}
