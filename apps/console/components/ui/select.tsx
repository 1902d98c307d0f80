'use client'
import { Select as Base } from '@base-ui/react/select'
import { Check, ChevronDown } from 'lucide-react'
import { cn } from '../../lib/cn.ts'

/** A choice among few, on one line. */
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
    <Base.Root<Value>
      items={options}
      value={value}
      onValueChange={(next) => {
        if (next !== null) onChange(next)
      }}
    >
      <Base.Trigger
        id={id}
        aria-label={label}
        className={cn(
          'inline-flex h-8 min-w-0 items-center gap-2 rounded-control border border-line-strong bg-panel pr-2 pl-3 text-left hover:bg-hover max-sm:h-9',
          className,
        )}
      >
        <span className="min-w-0 flex-1 truncate">
          <Base.Value />
        </span>
        <Base.Icon>
          <ChevronDown size={14} strokeWidth={1.75} className="text-muted" />
        </Base.Icon>
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} alignItemWithTrigger={false} className="z-40 outline-none">
          <Base.Popup className="appear max-h-[60vh] min-w-[var(--anchor-width)] max-w-96 overflow-y-auto rounded-panel border border-line bg-panel p-1 shadow-float outline-none">
            <Base.List>
              {options.map((option) => (
                <Base.Item
                  key={option.value}
                  value={option.value}
                  className="flex min-h-7 select-none items-center gap-2 rounded-[4px] px-2 outline-none data-[highlighted]:bg-hover max-sm:min-h-9"
                >
                  <span className="w-3.5">
                    <Base.ItemIndicator>
                      <Check size={14} strokeWidth={1.75} aria-hidden />
                    </Base.ItemIndicator>
                  </span>
                  <Base.ItemText>{option.label}</Base.ItemText>
                </Base.Item>
              ))}
            </Base.List>
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
