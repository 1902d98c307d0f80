import { CircleDashed, CircleHelp, type LucideIcon, OctagonX, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { cn } from '../../lib/cn.ts'

/** Good has no colour; every other state has its own shape and a word, so that colour is never alone. */
export type State = 'good' | 'attention' | 'wrong' | 'busy' | 'unknown'

const icons: Readonly<Record<State, LucideIcon | null>> = {
  good: null,
  attention: TriangleAlert,
  wrong: OctagonX,
  busy: CircleDashed,
  unknown: CircleHelp,
}

/** A state's mark by itself. */
export function StateIcon({ state, size = 14 }: { state: State; size?: number }) {
  const Icon = icons[state]
  return Icon === null ? null : (
    <Icon size={size} strokeWidth={1.75} aria-hidden className={cn('shrink-0', textColour[state])} />
  )
}

export const textColour: Readonly<Record<State, string>> = {
  good: '',
  attention: 'text-attention',
  wrong: 'text-wrong',
  busy: 'text-accent',
  unknown: 'text-muted',
}

/** A word about a state or a kind, in a small frame. */
export function Badge({ state = 'good', tip, children }: { state?: State; tip?: string; children: ReactNode }) {
  return (
    <span
      data-tip={tip}
      className={cn(
        'inline-flex h-5 max-w-full items-center gap-1 whitespace-nowrap rounded-[4px] border px-1.5 text-meta',
        state === 'attention' && 'border-transparent bg-attention-soft text-attention',
        state === 'wrong' && 'border-transparent bg-wrong-soft text-wrong',
        state === 'busy' && 'border-transparent bg-accent-soft text-accent',
        state === 'unknown' && 'hatched text-muted',
        state === 'good' && 'text-muted',
      )}
    >
      <StateIcon state={state} size={12} />
      {children}
    </span>
  )
}
