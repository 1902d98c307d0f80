'use client'
import { ChevronDown } from 'lucide-react'
import { cn } from '../../lib/cn.ts'

/** A choice among few, on one line: the browser's own, so that it is at home on a phone too. */
export function Select<Value extends string>(props: {
  label: string
  /** Where a `Field` or the words around it name it already. */
  id?: string
  value: Value
  onChange(value: NoInfer<Value>): void
  options: readonly { readonly value: NoInfer<Value>; readonly label: string }[]
  className?: string
}) {
  const { label, id, value, onChange, options, className } = props
  return (
    <span className={cn('relative inline-flex min-w-0', className)}>
      <select
        id={id}
        aria-label={id === undefined ? label : undefined}
        value={value}
        onChange={(event) => {
          const chosen = options.find((option) => option.value === event.target.value)
          if (chosen !== undefined) onChange(chosen.value)
        }}
        className="h-8 w-full min-w-0 appearance-none truncate rounded-control border border-line-strong bg-panel pr-8 pl-3 text-text hover:bg-hover max-sm:h-9 max-sm:text-[16px]"
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      <ChevronDown
        size={14}
        strokeWidth={1.75}
        aria-hidden
        className="pointer-events-none absolute top-1/2 right-2.5 -translate-y-1/2 text-muted"
      />
    </span>
  )
}
