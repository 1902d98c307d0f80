import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { JobList } from '../../../../features/jobs/job-list.tsx'
import { nameOf } from '../../../../lib/href.ts'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('jobs'))('title') }
}

export default async function JobsPage(props: { params: Promise<{ cluster: string }> }) {
  return <JobList cluster={nameOf((await props.params).cluster)} />
}
