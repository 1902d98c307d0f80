'use client'
import { type PointerEvent, type ReactNode, useId, useMemo } from 'react'
import { cn } from '../../lib/cn.ts'
import { axisLabels } from '../../lib/numbers.ts'
import { timeText } from '../../lib/times.ts'
import { useZone } from '../../lib/zone.tsx'
import { useCursor } from './chart-cursor.tsx'
import { GridLine, LEFT, Moment, RIGHT, TimeAxis, useWidth } from './chart-frame.tsx'

export interface Series {
  readonly name: string
  /** One value per moment of `times`; null is a gap, and is drawn as one. */
  readonly values: readonly (number | null)[]
  /** The one that matters has the accent; others are grey, told apart by their dashes. */
  readonly leading?: boolean
  /** A value that holds until the next one. */
  readonly step?: boolean
}

/** Something that happened at a moment, as a vertical line with a word. */
export interface Mark {
  readonly at: number
  readonly label: string
}

const TOP = 6
const BOTTOM = 18
const DASHES = ['', '4 2', '1 2', '6 2 1 2', '2 4']

/**
 * Lines over time. Horizontal grid only, an area under a single series, the same cursor in all charts of a page, and under it all
 * values at that instant. The legend is the table below.
 */
export function Chart(props: {
  label: string
  times: readonly number[]
  series: readonly Series[]
  marks?: readonly Mark[]
  format(value: number): ReactNode
  height?: number
}) {
  const { label, times, series, marks = [], format, height = 132 } = props
  const zone = useZone()
  const clip = useId()
  const [frame, width] = useWidth()
  const [cursor, setCursor] = useCursor()
  const from = times[0] ?? 0
  const to = Math.max(times.at(-1) ?? 1, from + 1)
  const ticks = useMemo(() => niceTicks(series), [series])
  const labels = axisLabels(ticks)
  const top = ticks.at(-1) ?? 1
  const bottom = ticks[0] ?? 0
  const x = (at: number) => LEFT + ((at - from) / (to - from)) * (width - LEFT - RIGHT)
  const y = (value: number) => TOP + (1 - (value - bottom) / (top - bottom || 1)) * (height - TOP - BOTTOM)
  const instant = cursor === null ? null : nearest(times, cursor)
  const move = (event: PointerEvent<SVGSVGElement>) => {
    const { left } = event.currentTarget.getBoundingClientRect()
    const at = from + ((event.clientX - left - LEFT) / (width - LEFT - RIGHT)) * (to - from)
    setCursor(Math.min(to, Math.max(from, at)))
  }
  return (
    <figure className="m-0 min-w-0">
      <div ref={frame} className="min-w-0">
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={label}
          className="block max-w-full touch-pan-y"
          onPointerMove={move}
          onPointerLeave={() => setCursor(null)}
        >
          <clipPath id={clip}>
            <rect x={LEFT} y={0} width={Math.max(0, width - LEFT - RIGHT)} height={height - BOTTOM + 1} />
          </clipPath>
          {ticks.map((tick, n) => (
            <GridLine key={tick} y={y(tick)} width={width} label={labels[n] ?? null} />
          ))}
          {times.length > 1 && <TimeAxis {...{ from, to, x, width }} y={height - 4} />}
          <g clipPath={`url(#${clip})`}>
            {series.map((one, n) => {
              const line = linePath(one, times, x, y)
              const stroke = one.leading || series.length === 1 ? 'var(--accent)' : 'var(--muted)'
              return (
                <g key={one.name}>
                  {series.length === 1 && line !== '' && (
                    <path d={areaPath(one, times, x, y, y(bottom))} fill="var(--accent-soft)" opacity="0.6" />
                  )}
                  <path
                    d={line}
                    fill="none"
                    stroke={stroke}
                    strokeWidth="1.25"
                    strokeDasharray={one.leading ? '' : DASHES[n % DASHES.length]}
                  />
                </g>
              )
            })}
            {marks.map((mark) => (
              <Moment
                key={`${mark.at} ${mark.label}`}
                x={x(mark.at)}
                top={TOP}
                bottom={height - BOTTOM}
                label={mark.label}
              />
            ))}
          </g>
          {instant !== null && times[instant] !== undefined && (
            <line
              x1={x(times[instant])}
              x2={x(times[instant])}
              y1={TOP}
              y2={height - BOTTOM}
              stroke="var(--line-strong)"
            />
          )}
        </svg>
      </div>
      <figcaption className="flex min-h-5 flex-wrap gap-x-4 pl-14 text-meta text-muted">
        {series.map((one, n) => (
          <span key={one.name} className="inline-flex items-center gap-1.5">
            <svg width="14" height="6" aria-hidden>
              <line
                x1="0"
                x2="14"
                y1="3"
                y2="3"
                strokeWidth="1.5"
                stroke={one.leading || series.length === 1 ? 'var(--accent)' : 'var(--muted)'}
                strokeDasharray={one.leading ? '' : DASHES[n % DASHES.length]}
              />
            </svg>
            {one.name}
            <span className="text-text">
              {shownValue(instant === null ? newest(one) : one.values[instant], format)}
            </span>
          </span>
        ))}
        <span className={cn(instant === null && 'invisible')}>
          {timeText(times[instant ?? times.length - 1] ?? 0, zone, 's')}
        </span>
      </figcaption>
    </figure>
  )
}

function shownValue(value: number | null | undefined, format: (value: number) => ReactNode): ReactNode {
  return value === null || value === undefined ? '—' : format(value)
}

/** What a series said last: another one may go on into what is planned. */
function newest({ values }: Series): number | null {
  return values.findLast((value) => value !== null) ?? null
}

function linePath(
  one: Series,
  times: readonly number[],
  x: (at: number) => number,
  y: (value: number) => number,
): string {
  let path = ''
  let before: number | null = null
  one.values.forEach((value, n) => {
    const at = times[n]
    if (at === undefined) return
    if (value === null) {
      before = null
      return
    }
    if (before === null) path += `M${x(at).toFixed(1)} ${y(value).toFixed(1)}`
    else if (one.step) path += `H${x(at).toFixed(1)}V${y(value).toFixed(1)}`
    else path += `L${x(at).toFixed(1)} ${y(value).toFixed(1)}`
    before = value
  })
  return path
}

/** The line, closed down to the axis, run by run. */
function areaPath(
  one: Series,
  times: readonly number[],
  x: (at: number) => number,
  y: (value: number) => number,
  floor: number,
): string {
  let path = ''
  let run: string[] = []
  let first = 0
  let last = 0
  const close = () => {
    if (run.length > 1)
      path += `M${x(first).toFixed(1)} ${floor.toFixed(1)}${run.join('')}L${x(last).toFixed(1)} ${floor.toFixed(1)}Z`
    run = []
  }
  one.values.forEach((value, n) => {
    const at = times[n]
    if (at === undefined || value === null) {
      close()
      return
    }
    if (run.length === 0) first = at
    last = at
    run.push(`L${x(at).toFixed(1)} ${y(value).toFixed(1)}`)
  })
  close()
  return path
}

/** Three or four round values that cover the series, nought included. */
function niceTicks(series: readonly Series[]): number[] {
  let max = 0
  for (const { values } of series) for (const value of values) if (value !== null && value > max) max = value
  if (max === 0) return [0, 1]
  const rough = max / 3
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough
  const ticks = [0]
  while (ticks.at(-1)! < max) ticks.push(Number((ticks.at(-1)! + step).toPrecision(12)))
  return ticks
}

function nearest(times: readonly number[], at: number): number | null {
  if (times.length === 0) return null
  let best = 0
  for (let n = 1; n < times.length; n++) if (Math.abs(times[n]! - at) < Math.abs(times[best]! - at)) best = n
  return best
}
