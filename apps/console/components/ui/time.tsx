'use client'
import { type TimeForm, timeText } from '../../lib/times.ts'
import { useZone } from '../../lib/zone.tsx'

/** A moment in the page's zone; relative, UTC and epoch are in its tooltip. */
export function Time({ at, form = 's' }: { at: number; form?: TimeForm }) {
  const zone = useZone()
  const text = timeText(at, zone, form)
  if (text === '—') return <span className="text-muted">—</span>
  return (
    <time dateTime={new Date(at).toISOString()} data-tip-time={at} className="whitespace-nowrap">
      {text}
    </time>
  )
}
