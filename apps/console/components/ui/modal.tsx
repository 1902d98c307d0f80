'use client'
import { type MouseEvent, type ReactNode, useLayoutEffect, useRef } from 'react'
import { ToldFailure } from './query-error.tsx'

/**
 * The browser's own modal dialog: it keeps the focus inside, makes the page behind inert, closes on Escape and gives the focus back to
 * what opened it. A press on the backdrop closes it too.
 */
export function Modal(props: {
  open: boolean
  onOpenChange(open: boolean): void
  labelledBy?: string
  describedBy?: string
  label?: string
  className: string
  children: ReactNode
}) {
  const { open, onOpenChange, labelledBy, describedBy, label, className, children } = props
  const dialog = useRef<HTMLDialogElement>(null)
  // Before the element leaves the page: only a dialog that is closed gives the focus back.
  useLayoutEffect(() => {
    const element = dialog.current
    if (element === null || !open) return
    element.showModal()
    // Where there is something to type, that is what it was opened for.
    element.querySelector<HTMLElement>('input:not([type="checkbox"]), textarea')?.focus()
    return () => element.close()
  }, [open])
  const press = (event: MouseEvent) => {
    if (event.target === dialog.current) onOpenChange(false)
  }
  return (
    <dialog
      ref={dialog}
      aria-labelledby={labelledBy}
      aria-describedby={describedBy}
      aria-label={label}
      className={className}
      onMouseDown={press}
      onCancel={(event) => {
        event.preventDefault()
        onOpenChange(false)
      }}
    >
      {open && <ToldFailure error={null}>{children}</ToldFailure>}
    </dialog>
  )
}
