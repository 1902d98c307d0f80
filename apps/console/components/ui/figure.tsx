import type { ReactNode } from 'react'
import { cn } from '../../lib/cn.ts'
import { type State, StateIcon, textColour } from './badge.tsx'

/** A label, a value with its unit, a trend where time matters, and on the same line why it needs attention, where it does. */
export function Figure(props: {
  label: ReactNode
  value: ReactNode
  state?: State
  why?: ReactNode
  trend?: ReactNode
}) {
  const { label, value, state = 'good', why, trend } = props
  return (
    <div className="flex min-w-0 flex-col">
      <dt className="whitespace-nowrap text-meta text-muted">{label}</dt>
      <dd className="flex min-h-5 min-w-0 flex-wrap items-center gap-x-2">
        <span className={cn('inline-flex items-center gap-1 font-strong', textColour[state])}>
          <StateIcon state={state} />
          {value}
        </span>
        {trend}
        {why !== undefined && <span className={cn('min-w-0 break-words text-meta', textColour[state])}>{why}</span>}
      </dd>
    </div>
  )
}

/** The strip of four to six figures under a page's title. */
export function FigureStrip({ children }: { children: ReactNode }) {
  return (
    <dl className="flex flex-wrap gap-x-6 gap-y-2 border-b px-6 py-2 xl:gap-x-8 max-sm:grid max-sm:grid-cols-2 max-sm:gap-x-4 max-sm:px-4">
      {children}
    </dl>
  )
}
