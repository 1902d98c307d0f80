'use client'
import { type RefObject, useEffect, useRef, useState } from 'react'
import { tickText, timeTicks } from '../../lib/time-ticks.ts'
import { useZone } from '../../lib/zone.tsx'

/** Around what is drawn over time: room for the numbers at the left, for the times below. */
export const LEFT = 56
export const RIGHT = 8
/** From one label of a time axis to the next, at least, and what one takes. */
const TICK_PX = 110
const LABEL_PX = 48

/** The width of an element in pixels, as it is now; whole, and never less than can be drawn in. */
export function useWidth(): readonly [frame: RefObject<HTMLDivElement | null>, width: number] {
  const frame = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(640)
  useEffect(() => {
    const element = frame.current
    if (element === null) return
    const observer = new ResizeObserver(([entry]) =>
      setWidth(Math.max(160, Math.floor(entry?.contentRect.width ?? 640))),
    )
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return [frame, width]
}

/** A value on the left and its line across. */
export function GridLine({ y, width, label }: { y: number; width: number; label: string | null }) {
  return (
    <g>
      <line x1={LEFT} x2={width - RIGHT} y1={y} y2={y} stroke="var(--line)" />
      {label !== null && (
        <text x={LEFT - 6} y={y + 4} textAnchor="end" fontSize="11" fill="var(--muted)">
          {label}
        </text>
      )}
    </g>
  )
}

/** Moments below the chart, as many as there is room for, round ones of the zone in which times are shown. */
export function TimeAxis(props: { from: number; to: number; x(at: number): number; y: number; width: number }) {
  const { from, to, x, y, width } = props
  const zone = useZone()
  const { stepMs, moments } = timeTicks(from, to, Math.max(2, Math.floor((width - LEFT) / TICK_PX)), zone)
  return moments.map((at) => (
    <text
      key={at}
      x={Math.min(x(at), width)}
      y={y}
      fontSize="11"
      fill="var(--muted)"
      textAnchor={x(at) > width - LABEL_PX / 2 ? 'end' : 'middle'}
    >
      {tickText(at, stepMs, zone)}
    </text>
  ))
}

/** A moment that matters, as a dashed line with its word. */
export function Moment({ x, top, bottom, label }: { x: number; top: number; bottom: number; label: string }) {
  return (
    <g>
      <line x1={x} x2={x} y1={top} y2={bottom} stroke="var(--attention)" strokeDasharray="3 2" />
      <text
        x={x + 4}
        y={top + 10}
        fontSize="11"
        fill="var(--attention)"
        stroke="var(--panel)"
        strokeWidth="3"
        paintOrder="stroke"
      >
        {label}
      </text>
    </g>
  )
}
