import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'

/**
 * Three kinds, with different words: nothing yet (what this is and the one act that makes the first), nothing matches (clear the filter),
 * may not see (which permission).
 */
export function EmptyState(props: { icon?: LucideIcon; title: ReactNode; children?: ReactNode; action?: ReactNode }) {
  const Icon = props.icon
  return (
    <div className="mx-auto flex w-full max-w-md flex-col items-center gap-2 px-4 py-12 text-center">
      {Icon !== undefined && <Icon size={20} strokeWidth={1.75} aria-hidden className="text-muted" />}
      <p className="break-words font-strong text-heading">{props.title}</p>
      {props.children !== undefined && <div className="w-full break-words text-muted">{props.children}</div>}
      {props.action !== undefined && <div className="mt-2 flex flex-wrap justify-center gap-2">{props.action}</div>}
    </div>
  )
}
