import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import type { ReactNode } from 'react'
import { StorageFrame } from '../../../features/storage/storage-frame.tsx'
import { nameOf } from '../../../lib/href.ts'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('frame'))('place.storage') }
}

export default async function StorageLayout(props: { children: ReactNode; params: Promise<{ cluster: string }> }) {
  return <StorageFrame cluster={nameOf((await props.params).cluster)}>{props.children}</StorageFrame>
}
