'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { useEffect, useState } from 'react'
import { StateIcon } from '../ui/badge.tsx'

/** So long is a page quiet before it says that it waits. */
const QUIET_MS = 4_000

/** One line above the page while something that it asked for does not come: a broker that hangs looks like a page that does else. */
export function SlowAnswer() {
  const t = useTranslations('frame')
  return useSlowAnswer() ? (
    <p role="status" className="flex items-center gap-2 border-b bg-panel px-6 py-1.5 text-attention max-sm:px-4">
      <StateIcon state="attention" />
      {t('slowAnswer')}
    </p>
  ) : null
}

/** Whether a query that somebody looks at has been under way for longer than that. */
function useSlowAnswer(): boolean {
  const cache = useQueryClient().getQueryCache()
  const [isSlow, setSlow] = useState(false)
  useEffect(() => {
    const since = new Map<string, number>()
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = () => {
      clearTimeout(timer)
      const oldest = Math.min(...since.values())
      const waitMs = oldest + QUIET_MS - performance.now()
      setSlow(waitMs <= 0)
      if (waitMs > 0 && Number.isFinite(waitMs)) timer = setTimeout(look, waitMs)
    }
    const note = () => {
      const waiting = new Set(
        cache.findAll({ fetchStatus: 'fetching', type: 'active' }).map(({ queryHash }) => queryHash),
      )
      for (const hash of since.keys()) if (!waiting.has(hash)) since.delete(hash)
      for (const hash of waiting) if (!since.has(hash)) since.set(hash, performance.now())
      look()
    }
    const unsubscribe = cache.subscribe(({ type }) => {
      if (type === 'updated' || type === 'removed' || type === 'observerAdded' || type === 'observerRemoved') note()
    })
    note()
    return () => {
      unsubscribe()
      clearTimeout(timer)
    }
  }, [cache])
  return isSlow
}
