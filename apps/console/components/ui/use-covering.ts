'use client'
import { type RefObject, useCallback, useEffect, useRef } from 'react'

/**
 * For what covers the page on screens narrower than `below` pixels: there it has the focus as it comes, and what it covers cannot be
 * reached by keys while it is there. Returns what gives the page free before that.
 */
export function useCovering(ref: RefObject<HTMLElement | null>, below: number): () => void {
  const covered = useRef<readonly Element[]>([])
  const uncover = useCallback(() => {
    for (const element of covered.current) element.removeAttribute('inert')
    covered.current = []
  }, [])
  useEffect(() => {
    const query = window.matchMedia(`(max-width: ${below - 1}px)`)
    const cover = () => {
      uncover()
      if (!query.matches || ref.current === null) return
      covered.current = around(ref.current)
      for (const element of covered.current) element.setAttribute('inert', '')
      if (!ref.current.contains(document.activeElement)) ref.current.focus()
    }
    cover()
    query.addEventListener('change', cover)
    return () => {
      query.removeEventListener('change', cover)
      uncover()
    }
  }, [ref, below, uncover])
  return uncover
}

/** What stands beside an element, and beside what it is in, up to the frame: the rail and the bar above the page, but no toasts. */
function around(element: HTMLElement): readonly Element[] {
  const end = element.closest('main')?.parentElement?.parentElement
  const beside: Element[] = []
  for (
    let at: Element | null = element;
    at !== null && at !== end && at.parentElement !== null;
    at = at.parentElement
  ) {
    beside.push(...[...at.parentElement.children].filter((other) => other !== at && !other.hasAttribute('inert')))
  }
  return beside
}
