import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { LifeStart } from '../../../features/life/life-start.tsx'
import { nameOf } from '../../../lib/href.ts'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('life'))('title') }
}

export default async function LifeStartPage(props: { params: Promise<{ cluster: string }> }) {
  return <LifeStart cluster={nameOf((await props.params).cluster)} />
}
