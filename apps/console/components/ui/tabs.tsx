'use client'
import { type KeyboardEvent, type ReactNode, useId, useRef } from 'react'
import { cn } from '../../lib/cn.ts'

/** Tabs within a panel. Those of a page are routes: see `frame/route-tabs.tsx`. */
export function Tabs<Value extends string>(props: {
  label: string
  value: Value
  onChange(value: Value): void
  tabs: readonly { readonly value: Value; readonly label: ReactNode }[]
  children: ReactNode
}) {
  const { label, value, onChange, tabs, children } = props
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  const keys = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (step === 0) return
    const at = tabs.findIndex((tab) => tab.value === value)
    const next = tabs[(at + step + tabs.length) % tabs.length]
    if (next === undefined) return
    event.preventDefault()
    onChange(next.value)
    list.current?.querySelector<HTMLElement>(`[data-tab="${next.value}"]`)?.focus()
  }
  return (
    <>
      <div
        ref={list}
        role="tablist"
        aria-label={label}
        onKeyDown={keys}
        className="flex shrink-0 gap-4 overflow-x-auto overflow-y-hidden border-b px-4"
      >
        {tabs.map((tab) => (
          <button
            key={tab.value}
            type="button"
            role="tab"
            id={`${id}-${tab.value}`}
            data-tab={tab.value}
            aria-selected={tab.value === value}
            aria-controls={`${id}-panel`}
            tabIndex={tab.value === value ? 0 : -1}
            onClick={() => onChange(tab.value)}
            className={tabClass(tab.value === value)}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div
        role="tabpanel"
        id={`${id}-panel`}
        aria-labelledby={`${id}-${value}`}
        className="flex min-h-0 flex-1 flex-col"
      >
        {children}
      </div>
    </>
  )
}

/** The look of a tab. */
export function tabClass(chosen: boolean): string {
  return cn(
    '-mb-px inline-flex h-9 shrink-0 items-center gap-1.5 whitespace-nowrap border-b-2',
    chosen ? 'border-accent font-strong text-text' : 'border-transparent text-muted hover:text-text',
  )
}
