'use client'
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import type { ReactNode } from 'react'
import { tabClass } from '../ui/tabs.tsx'

/** Tabs of a page: each is a route, so each has its own address. */
export function RouteTabs(props: {
  label: string
  tabs: readonly {
    readonly href: string
    readonly label: ReactNode
    /** Further pages that belong to it. */
    readonly also?: RegExp
  }[]
}) {
  const path = usePathname()
  return (
    <nav
      aria-label={props.label}
      className="flex shrink-0 gap-5 overflow-x-auto overflow-y-hidden border-b px-6 max-sm:px-4"
    >
      {props.tabs.map((tab) => {
        const here = samePath(path, tab.href) || tab.also?.test(path) === true
        return (
          <Link key={tab.href} href={tab.href} aria-current={here ? 'page' : undefined} className={tabClass(here)}>
            {tab.label}
          </Link>
        )
      })}
    </nav>
  )
}

// The browser writes some characters of a path unencoded that encodeURIComponent encodes.
function samePath(path: string, href: string): boolean {
  try {
    return path === href || decodeURIComponent(path) === decodeURIComponent(href)
  } catch {
    return false
  }
}
