'use client'
import { useCallback, useRef } from 'react'

/**
 * Runs one act at a time. A double press is quicker than the page, whose button is busy only once it is drawn again. What fails is
 * shown by whoever acts.
 */
export function useOneAtATime(): (act: () => Promise<unknown>) => void {
  const running = useRef(false)
  return useCallback((act) => {
    if (running.current) return
    running.current = true
    act()
      .catch(() => {})
      .finally(() => {
        running.current = false
      })
  }, [])
}
