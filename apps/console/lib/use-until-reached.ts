'use client'
import { useEffect, useRef } from 'react'
import { isPassing, RETRY_MS } from './until-reached.ts'

/**
 * Asks again, once after each failure, as long as it is the cluster that was not reached, and when somebody sees the page: for what is
 * followed and not queried, whose error is kept while it is asked for anew.
 * @param failure what it failed with; null: it did not
 * @param isAway whether that was the cluster, where the failure is no error that says so
 */
export function useUntilReached(failure: unknown, ask: () => void, isAway = isPassing): void {
  const newest = useRef(ask)
  const passes = failure !== null && isAway(failure)
  useEffect(() => {
    newest.current = ask
  })
  useEffect(() => {
    if (failure === null || !passes) return
    const askSeen = () => {
      if (document.visibilityState === 'hidden') document.addEventListener('visibilitychange', askSeen, { once: true })
      else newest.current()
    }
    const timer = setTimeout(askSeen, RETRY_MS)
    return () => {
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', askSeen)
    }
  }, [failure, passes])
}
