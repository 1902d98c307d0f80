'use client'
import { X } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { createContext, type ReactNode, useCallback, useContext, useState } from 'react'
import { Button, IconButton } from './button.tsx'

/** What finished elsewhere. Errors sit where the action was and are no toasts. */
export interface Toast {
  readonly text: ReactNode
  readonly undo?: () => void
}

const SHOWN_MS = 8_000
const TOASTS_MAX = 3
const ToastContext = createContext<(toast: Toast) => void>(() => {})

/** A function that shows a toast. */
export function useToast(): (toast: Toast) => void {
  return useContext(ToastContext)
}

export function Toasts({ children }: { children: ReactNode }) {
  const t = useTranslations('frame')
  const [toasts, setToasts] = useState<readonly (Toast & { id: number })[]>([])
  const close = useCallback((id: number) => setToasts((all) => all.filter((toast) => toast.id !== id)), [])
  const add = useCallback(
    (toast: Toast) => {
      const id = performance.now()
      setToasts((all) => [...all, { ...toast, id }].slice(-TOASTS_MAX))
      setTimeout(close, SHOWN_MS, id)
    },
    [close],
  )
  return (
    <ToastContext value={add}>
      {children}
      <div aria-live="polite" className="fixed right-4 bottom-4 z-40 flex w-80 max-w-[calc(100vw-32px)] flex-col gap-2">
        {toasts.map(({ id, text, undo }) => (
          <div
            key={id}
            className="flex items-center gap-2 rounded-panel border border-line bg-panel py-2 pr-2 pl-3 shadow-float"
          >
            <div className="min-w-0 flex-1 break-words">{text}</div>
            {undo !== undefined && (
              <Button
                small
                onClick={() => {
                  close(id)
                  undo()
                }}
              >
                {t('undo')}
              </Button>
            )}
            <IconButton small label={t('close')} onClick={() => close(id)}>
              <X size={14} strokeWidth={1.75} />
            </IconButton>
          </div>
        ))}
      </div>
    </ToastContext>
  )
}
