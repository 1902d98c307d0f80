import Link from 'next/link'
import type { ReactNode } from 'react'
import { cn } from '../../lib/cn.ts'

/** The breadcrumb is the title; actions stand at its right. A long name breaks rather than being cut. */
export function TitleRow(props: {
  /** Where this is in, each a link. */
  parents?: readonly { readonly label: string; readonly href: string }[]
  title: ReactNode
  badges?: ReactNode
  actions?: ReactNode
  /** One small button, which stands beside the title on a phone too. */
  act?: ReactNode
}) {
  const { parents = [], title, badges, actions, act } = props
  return (
    <div className="flex min-h-14 flex-wrap items-center gap-x-3 gap-y-2 px-6 py-2 max-sm:px-4">
      <h1
        className={cn('flex min-w-0 flex-wrap items-baseline gap-x-2 text-title', act !== undefined && 'max-sm:flex-1')}
      >
        {parents.map((parent) => (
          <span key={parent.href} className="font-regular text-muted">
            <Link href={parent.href} className="hover:text-accent">
              {parent.label}
            </Link>
            <span className="pl-2" aria-hidden>
              /
            </span>
          </span>
        ))}
        <span className="min-w-0 break-all">{title}</span>
      </h1>
      {badges !== undefined && (
        <div
          className={cn('flex flex-wrap items-center gap-1.5', act !== undefined && 'max-sm:order-last max-sm:w-full')}
        >
          {badges}
        </div>
      )}
      {actions !== undefined && <div className="ml-auto flex flex-wrap items-center gap-2">{actions}</div>}
      {act !== undefined && <div className="ml-auto">{act}</div>}
    </div>
  )
}
