import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { RetryList } from '../../../../features/retries/retry-list.tsx'
import { nameOf } from '../../../../lib/href.ts'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('retries'))('title') }
}

export default async function RetriesPage(props: { params: Promise<{ cluster: string }> }) {
  return <RetryList cluster={nameOf((await props.params).cluster)} />
}
