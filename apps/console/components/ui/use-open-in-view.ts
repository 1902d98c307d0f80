'use client'
import type { Virtualizer } from '@tanstack/react-virtual'
import { type RefObject, useEffect, useRef } from 'react'

/**
 * The row whose panel is open is brought into view, however it was come to: J and K walk past the edge, and an address names one far down.
 * @param virtualizer null where all rows are in the page
 */
export function useOpenInView<Row>(
  frame: RefObject<HTMLElement | null>,
  rows: readonly Row[] | undefined,
  rowKey: (row: Row) => string,
  openKey: string | null,
  virtualizer: Pick<Virtualizer<HTMLElement, Element>, 'scrollToIndex'> | null,
): void {
  const seen = useRef<string | null>(null)
  useEffect(() => {
    if (openKey === null) seen.current = null
    if (openKey === null || openKey === seen.current) return
    const index = rows?.findIndex((row) => rowKey(row) === openKey) ?? -1
    if (index < 0) return
    // Once: where somebody scrolls to afterwards is theirs.
    seen.current = openKey
    if (virtualizer === null) {
      frame.current?.querySelector('tr[aria-current]')?.scrollIntoView({ block: 'nearest' })
    } else virtualizer.scrollToIndex(index, { align: 'auto' })
  })
}
