/** Up to sixty points in 72 × 20 px, no axes. A missing value is a gap. */
export function Sparkline({ values, label }: { values: readonly (number | null)[]; label: string }) {
  const shown = values.slice(-60)
  const known = shown.filter((value) => value !== null)
  if (known.length < 2) return <span className="inline-block h-5 w-[72px]" aria-hidden />
  const max = Math.max(...known)
  const min = Math.min(0, ...known)
  const span = max - min || 1
  // Few points are spread out: a trend of a minute is one too.
  const step = 72 / (shown.length - 1)
  let path = ''
  let pen = false
  shown.forEach((value, at) => {
    if (value === null) {
      pen = false
      return
    }
    const x = (at * step).toFixed(1)
    const y = (18.5 - ((value - min) / span) * 14).toFixed(1)
    path += `${pen ? 'L' : 'M'}${x} ${y}`
    pen = true
  })
  return (
    <svg
      width="72"
      height="20"
      viewBox="0 0 72 20"
      role="img"
      aria-label={label}
      className="inline-block shrink-0 align-middle"
    >
      <path d={path} fill="none" stroke="var(--accent)" strokeWidth="1.25" strokeLinejoin="round" />
    </svg>
  )
}
