import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import type { ReactNode } from 'react'
import { AlertsFrame } from '../../../features/alerts/alerts-frame.tsx'
import { nameOf } from '../../../lib/href.ts'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('frame'))('place.alerts') }
}

export default async function AlertsLayout(props: { children: ReactNode; params: Promise<{ cluster: string }> }) {
  return <AlertsFrame cluster={nameOf((await props.params).cluster)}>{props.children}</AlertsFrame>
}
