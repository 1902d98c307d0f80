'use client'
import { X } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { type ReactNode, useId } from 'react'
import { cn } from '../../lib/cn.ts'
import { IconButton } from './button.tsx'
import { Modal } from './modal.tsx'

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
  const id = useId()
  return (
    <Modal
      open={open}
      onOpenChange={onOpenChange}
      labelledBy={`${id}-title`}
      {...(description !== undefined && { describedBy: `${id}-about` })}
      className={cn(
        'floating mx-auto mt-[12vh] max-h-[80vh] w-[calc(100vw-32px)] max-sm:mt-4 max-sm:max-h-[calc(100dvh-32px)]',
        wide ? 'max-w-3xl' : 'max-w-lg',
      )}
    >
      <div className="flex max-h-[inherit] flex-col">
        <header className="flex items-start gap-3 px-4 pt-4 pb-2">
          <div className="min-w-0 flex-1">
            <h2 id={`${id}-title`} className="break-words text-heading">
              {title}
            </h2>
            {description !== undefined && (
              <p id={`${id}-about`} className="mt-1 break-words text-muted">
                {description}
              </p>
            )}
          </div>
          <IconButton small label={t('close')} onClick={() => onOpenChange(false)}>
            <X size={16} strokeWidth={1.75} />
          </IconButton>
        </header>
        <section
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable without a mouse.
          tabIndex={0}
          aria-label={t('content')}
          className="min-h-0 flex-1 overflow-y-auto px-4 py-2 -outline-offset-2"
        >
          {children}
        </section>
        {footer !== undefined && (
          <footer className="flex flex-wrap items-center justify-end gap-2 border-t px-4 py-3">{footer}</footer>
        )}
      </div>
    </Modal>
  )
}
