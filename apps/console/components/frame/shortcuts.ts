'use client'
import { useRouter } from 'next/navigation'
import { useEffect } from 'react'
import { tinykeys } from 'tinykeys'
import { places } from './navigation.ts'
import { openPalette } from './palette-state.ts'
import { CONTENT_ID } from './skip-link.tsx'

/** The keys that work everywhere. Those of a table (J, K, Enter) are the table's, those of a panel (Escape) the panel's. */
export function useShortcuts(cluster: string, showList: () => void): void {
  const router = useRouter()
  useEffect(() => {
    const unlessTyping = (act: () => void) => (event: KeyboardEvent) => {
      if (isTyping(event)) return
      event.preventDefault()
      act()
    }
    const jumps = Object.fromEntries(
      places.map((place) => [`g ${place.key}`, unlessTyping(() => router.push(place.href(cluster)))]),
    )
    return tinykeys(window, {
      '$mod+k': (event) => {
        event.preventDefault()
        openPalette()
      },
      '/': unlessTyping(() => document.querySelector<HTMLElement>('[data-filter]')?.focus()),
      '?': unlessTyping(showList),
      'Shift+?': unlessTyping(showList),
      j: unlessTyping(focusTable),
      ...jumps,
    })
  }, [cluster, router, showList])
}

/** From nowhere in particular, or the page as a whole, J goes into the page's first table. */
function focusTable(): void {
  const at = document.activeElement
  if (at !== document.body && at?.id !== CONTENT_ID && at !== null) return
  const row = document.querySelector<HTMLElement>('[data-table] tr[data-row]')
  row?.focus()
}

function isTyping(event: KeyboardEvent): boolean {
  const target = event.target
  if (!(target instanceof HTMLElement)) return false
  return (
    target.isContentEditable ||
    /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ||
    target.closest('[role="dialog"]') !== null
  )
}
