'use client'
import { Search } from 'lucide-react'
import { useEffect, useState } from 'react'
import { cn } from '../../lib/cn.ts'

const PAUSE_MS = 150

/** A list's filter: `/` goes to it, and what is typed takes effect at the first pause. */
export function FilterInput(props: {
  label: string
  value: string
  onChange(value: string): void
  className?: string
}) {
  const { label, value, onChange, className } = props
  const [typed, setTyped] = useState(value)
  // The value may change from elsewhere: the back button, "clear".
  useEffect(() => setTyped(value), [value])
  useEffect(() => {
    if (typed === value) return
    const timer = setTimeout(onChange, PAUSE_MS, typed)
    return () => clearTimeout(timer)
  }, [typed, value, onChange])
  return (
    <div className={cn('relative min-w-0', className)}>
      <Search
        size={14}
        strokeWidth={1.75}
        aria-hidden
        className="absolute top-1/2 left-2.5 -translate-y-1/2 text-muted"
      />
      <input
        type="search"
        data-filter
        aria-label={label}
        placeholder={label}
        value={typed}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setTyped(event.target.value)}
        className="h-8 w-full rounded-control border border-line-strong bg-panel pr-2 pl-8 placeholder:text-muted max-sm:h-9 max-sm:text-[16px]"
      />
    </div>
  )
}
