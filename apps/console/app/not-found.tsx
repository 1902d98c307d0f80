import { FileQuestion } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { ButtonLink } from '../components/ui/button.tsx'
import { EmptyState } from '../components/ui/empty-state.tsx'

export default function NotFound() {
  const t = useTranslations('frame')
  return (
    <div className="flex h-full items-center">
      <EmptyState
        icon={FileQuestion}
        title={t('notFound')}
        action={<ButtonLink href="/">{t('goOverview')}</ButtonLink>}
      >
        {t('notFoundAbout')}
      </EmptyState>
    </div>
  )
}
