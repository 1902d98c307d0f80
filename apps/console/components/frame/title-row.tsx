import Link from 'next/link'
import type { ReactNode } from 'react'

/** The breadcrumb is the title; actions stand at its right. A long name breaks rather than being cut. */
export function TitleRow(props: {
  /** Where this is in, each a link. */
  parents?: readonly { readonly label: string; readonly href: string }[]
  title: ReactNode
  badges?: ReactNode
  actions?: ReactNode
}) {
  const { parents = [], title, badges, actions } = props
  return (
    <div className="flex min-h-14 flex-wrap items-center gap-x-3 gap-y-2 px-6 py-2 max-sm:px-4">
      <h1 className="flex min-w-0 flex-wrap items-baseline gap-x-2 text-title">
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
      {badges !== undefined && <div className="flex flex-wrap items-center gap-1.5">{badges}</div>}
      {actions !== undefined && <div className="ml-auto flex flex-wrap items-center gap-2">{actions}</div>}
    </div>
  )
}
