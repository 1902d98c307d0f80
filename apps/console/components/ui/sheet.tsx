'use client'
import type { ReactNode } from 'react'
import { cn } from '../../lib/cn.ts'
import { Modal } from './modal.tsx'

/** What covers an edge, or all, of a narrow screen: the rail, a panel. */
export function Sheet(props: {
  open: boolean
  onOpenChange(open: boolean): void
  label: string
  side: 'left' | 'right' | 'full'
  children: ReactNode
}) {
  const { side, children, ...modal } = props
  return (
    <Modal
      {...modal}
      className={cn(
        'floating m-0 h-dvh max-h-none rounded-none',
        side === 'left' && 'w-64 border-y-0 border-l-0',
        side === 'right' && 'ml-auto w-[min(420px,100vw)] border-y-0 border-r-0',
        side === 'full' && 'w-screen max-w-none border-0',
      )}
    >
      <div className="flex h-full flex-col overflow-y-auto">{children}</div>
    </Modal>
  )
}
