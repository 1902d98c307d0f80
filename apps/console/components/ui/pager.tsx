'use client'
import { ChevronLeft, ChevronRight } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { exactNumber } from '../../lib/numbers.ts'
import { IconButton } from './button.tsx'

/** Where a paged list stands, and the way on. Pages count from one. */
export function Pager(props: { page: number; pageSize: number; total: number; onPage(page: number): void }) {
  const { page, pageSize, total, onPage } = props
  const t = useTranslations('frame')
  if (total === 0) return null
  const from = (page - 1) * pageSize + 1
  const to = Math.min(page * pageSize, total)
  return (
    <nav
      aria-label={t('table.page', { from, to, total })}
      className="flex h-10 shrink-0 items-center gap-1 border-t px-6 max-sm:px-4"
    >
      <span className="mr-auto text-meta text-muted">
        {t('table.page', { from: exactNumber(from), to: exactNumber(to), total: exactNumber(total) })}
      </span>
      <IconButton
        small
        label={t('table.previous')}
        onClick={() => onPage(page - 1)}
        {...(page <= 1 && { disabledReason: t('table.previous') })}
      >
        <ChevronLeft size={14} strokeWidth={1.75} />
      </IconButton>
      <IconButton
        small
        label={t('table.next')}
        onClick={() => onPage(page + 1)}
        {...(to >= total && { disabledReason: t('table.next') })}
      >
        <ChevronRight size={14} strokeWidth={1.75} />
      </IconButton>
    </nav>
  )
}
