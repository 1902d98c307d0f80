'use client'
import { Dialog as Base } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { cn } from '../../lib/cn.ts'
import { buttonClass } from './button.tsx'

interface DialogProps {
  open: boolean
  onOpenChange(open: boolean): void
  title: ReactNode
  /** One sentence under the title: what happens. */
  description?: ReactNode
  /** Buttons, the one that acts last. */
  footer?: ReactNode
  wide?: boolean
  children?: ReactNode
}

/** A dialog: only to confirm what cannot be undone, or for a short form. Focus returns to what opened it. */
export function Dialog({ open, onOpenChange, title, description, footer, wide = false, children }: DialogProps) {
  const t = useTranslations('frame')
  return (
    <Base.Root open={open} onOpenChange={onOpenChange}>
      <Base.Portal>
        <Base.Backdrop className="appear fixed inset-0 z-30 bg-[oklch(0_0_0/0.35)]" />
        <Base.Popup
          className={cn(
            'appear fixed top-[12vh] left-1/2 z-30 flex max-h-[80vh] w-[calc(100vw-32px)] -translate-x-1/2 flex-col rounded-panel border border-line bg-panel shadow-float max-sm:top-4 max-sm:max-h-[calc(100dvh-32px)]',
            wide ? 'max-w-3xl' : 'max-w-lg',
          )}
        >
          <header className="flex items-start gap-3 px-4 pt-4 pb-2">
            <div className="min-w-0 flex-1">
              <Base.Title className="break-words text-heading">{title}</Base.Title>
              {description !== undefined && (
                <Base.Description className="mt-1 break-words text-muted">{description}</Base.Description>
              )}
            </div>
            <Base.Close aria-label={t('close')} className={cn(buttonClass('quiet', true), '!px-0 w-6')}>
              <X size={16} strokeWidth={1.75} />
            </Base.Close>
          </header>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable without a mouse. */}
          <section tabIndex={0} aria-label={t('content')} className="min-h-0 flex-1 overflow-y-auto px-4 py-2">
            {children}
          </section>
          {footer !== undefined && (
            <footer className="flex flex-wrap items-center justify-end gap-2 border-t px-4 py-3">{footer}</footer>
          )}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}
