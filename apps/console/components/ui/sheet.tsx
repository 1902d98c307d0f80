'use client'
import { Dialog as Base } from '@base-ui/react/dialog'
import type { ReactNode } from 'react'
import { cn } from '../../lib/cn.ts'

/** What slides in from an edge on a narrow screen: the rail, a panel. */
export function Sheet(props: {
  open: boolean
  onOpenChange(open: boolean): void
  label: string
  side: 'left' | 'right' | 'full'
  children: ReactNode
}) {
  const { open, onOpenChange, label, side, children } = props
  return (
    <Base.Root open={open} onOpenChange={onOpenChange}>
      <Base.Portal>
        <Base.Backdrop className="appear fixed inset-0 z-30 bg-[oklch(0_0_0/0.35)]" />
        <Base.Popup
          className={cn(
            'appear fixed inset-y-0 z-30 flex flex-col overflow-y-auto border-line bg-panel shadow-float',
            side === 'left' && 'left-0 w-64 border-r',
            side === 'right' && 'right-0 w-[min(420px,100vw)] border-l',
            side === 'full' && 'inset-x-0',
          )}
        >
          <Base.Title className="sr-only">{label}</Base.Title>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}
