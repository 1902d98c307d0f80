import type { ReactNode } from 'react'
import { cn } from '../../lib/cn.ts'

/** The body of a page under its title: a column that fills the screen, so that a table in it scrolls by itself. */
export function PageBody({ padded = false, children }: { padded?: boolean; children: ReactNode }) {
  return (
    <div className={cn('flex min-h-0 min-w-0 flex-1 flex-col', padded && 'overflow-y-auto px-6 py-4 max-sm:px-4')}>
      {children}
    </div>
  )
}
