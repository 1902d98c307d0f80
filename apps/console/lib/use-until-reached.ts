'use client'
import { useEffect, useRef } from 'react'
import { isPassing, RETRY_MS } from './until-reached.ts'

/**
 * Asks again, once after each failure, as long as it is the cluster that was not reached, and when somebody sees the page: for what is
 * followed and not queried, whose error is kept while it is asked for anew.
 */
export function useUntilReached(error: unknown, ask: () => void): void {
  const newest = useRef(ask)
  useEffect(() => {
    newest.current = ask
  })
  useEffect(() => {
    if (error === null || !isPassing(error)) return
    const askSeen = () => {
      if (document.visibilityState === 'hidden') document.addEventListener('visibilitychange', askSeen, { once: true })
      else newest.current()
    }
    const timer = setTimeout(askSeen, RETRY_MS)
    return () => {
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', askSeen)
    }
  }, [error])
}
