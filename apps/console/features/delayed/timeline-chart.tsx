'use client'
import { useTranslations } from 'next-intl'
import { type PointerEvent, useState } from 'react'
import { GridLine, LEFT, Moment, RIGHT, TimeAxis, useWidth } from '../../components/ui/chart-frame.tsx'
import { durationText, exactNumber, shortCount } from '../../lib/numbers.ts'
import { timeText } from '../../lib/times.ts'
import { useZone } from '../../lib/zone.tsx'
import type { Timeline } from './outputs.ts'

/** Above the bars there is room for the word at the present moment. */
const TOP = 18
const BOTTOM = 20
const HEIGHT = 156
/** A drag over less than this is a click. */
const DRAG_PX_MIN = 4

/** How many are due when, as bars. A bar that is clicked, or a range that is dragged over, becomes the window. */
export function TimelineChart(props: {
  label: string
  timeline: Timeline
  now: number
  onZoom(window: { from: number; to: number }): void
}) {
  const { label, timeline, now, onZoom } = props
  const t = useTranslations('delayed')
  const zone = useZone()
  const [frame, width] = useWidth()
  const [over, setOver] = useState<number | null>(null)
  const [drag, setDrag] = useState<{ readonly start: number; readonly end: number } | null>(null)
  const { from, to, bucketMs, counts } = timeline
  const inner = Math.max(1, width - LEFT - RIGHT)
  const top = Math.max(1, ...counts)
  const x = (at: number) => LEFT + ((at - from) / (to - from)) * inner
  const y = (count: number) => TOP + (1 - count / top) * (HEIGHT - TOP - BOTTOM)
  const bar = inner / counts.length
  const bucketAt = (event: PointerEvent<SVGSVGElement>) => {
    const { left } = event.currentTarget.getBoundingClientRect()
    return Math.min(counts.length - 1, Math.max(0, Math.floor((event.clientX - left - LEFT) / bar)))
  }
  const end = (event: PointerEvent<SVGSVGElement>) => {
    if (drag === null) return
    setDrag(null)
    const { left } = event.currentTarget.getBoundingClientRect()
    const moved = Math.abs(event.clientX - left - LEFT - (drag.start + 0.5) * bar)
    const last = bucketAt(event)
    if (moved < DRAG_PX_MIN && counts[last] === 0) return
    const [first, behind] = [Math.min(drag.start, last), Math.max(drag.start, last) + 1]
    onZoom({ from: from + first * bucketMs, to: from + behind * bucketMs })
  }
  const chosen = drag === null ? null : [Math.min(drag.start, drag.end), Math.max(drag.start, drag.end) + 1]
  const told = over === null ? null : { start: from + over * bucketMs, count: counts[over] ?? 0 }
  return (
    <figure className="m-0 min-w-0">
      <div ref={frame} className="min-w-0">
        <svg
          width={width}
          height={HEIGHT}
          role="img"
          aria-label={label}
          className="block cursor-crosshair touch-pan-y select-none"
          onPointerDown={(event) => {
            if (event.button !== 0) return
            event.currentTarget.setPointerCapture(event.pointerId)
            const at = bucketAt(event)
            setDrag({ start: at, end: at })
          }}
          onPointerMove={(event) => {
            const at = bucketAt(event)
            setOver(at)
            if (drag !== null) setDrag({ ...drag, end: at })
          }}
          onPointerUp={end}
          onPointerCancel={() => setDrag(null)}
          onPointerLeave={() => setOver(null)}
        >
          {[0, 0.5, 1].map((share) => (
            <GridLine
              key={share}
              y={y(top * share)}
              width={width}
              label={share !== 0.5 || top > 1 ? countText(top * share) : null}
            />
          ))}
          {chosen !== null && (
            <rect
              x={LEFT + chosen[0]! * bar}
              y={TOP}
              width={(chosen[1]! - chosen[0]!) * bar}
              height={HEIGHT - TOP - BOTTOM}
              fill="var(--accent-soft)"
            />
          )}
          {counts.map((count, at) =>
            count === 0 ? null : (
              <rect
                key={from + at * bucketMs}
                x={LEFT + at * bar + (bar > 4 ? 0.5 : 0)}
                y={Math.min(y(count), HEIGHT - BOTTOM - 1.5)}
                width={Math.max(1, bar - (bar > 4 ? 1 : 0))}
                height={Math.max(1.5, HEIGHT - BOTTOM - y(count))}
                fill={over === at ? 'var(--accent-strong)' : 'var(--accent)'}
              />
            ),
          )}
          {now > from && now < to && <Moment x={x(now)} top={0} bottom={HEIGHT - BOTTOM} label={t('now')} />}
          <TimeAxis {...{ from, to, x, width }} y={HEIGHT - 5} />
        </svg>
      </div>
      <figcaption className="min-h-5 pl-14 text-meta text-muted">
        {told === null ? (
          t('chartHint', { length: durationText(bucketMs) })
        ) : (
          <>
            <span className="text-text">{t('due', { count: told.count })}</span> {timeText(told.start, zone, 's')} –{' '}
            {timeText(told.start + bucketMs, zone, 's')}
          </>
        )}
      </figcaption>
    </figure>
  )
}

function countText(count: number): string {
  const { text, unit } = shortCount(Math.round(count))
  return count < 10_000 ? exactNumber(Math.round(count)) : `${text}${unit}`
}
