'use client'
import { useTranslations } from 'next-intl'
import { ErrorState } from '../components/ui/error-state.tsx'

/** A page that could not be rendered says so in its place; the frame stays. */
export default function PageError({ error, reset }: { error: Error; reset(): void }) {
  const t = useTranslations('frame')
  return (
    <main className="p-6">
      <h1 className="mb-3 text-title">{t('brokenPage')}</h1>
      <ErrorState error={error} retry={reset} />
    </main>
  )
}
