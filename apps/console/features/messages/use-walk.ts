'use client'
import { useEffect } from 'react'

/** J, K and the arrows walk the rows while a panel is open, wherever the focus is but in a field or in a text to read. */
export function useWalk(enabled: boolean, step: (by: 1 | -1) => void, enter: () => void): void {
  useEffect(() => {
    if (!enabled) return
    const onKey = (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return
      const target = event.target instanceof Element ? event.target : null
      const busy =
        'input, textarea, select, dialog, [role="menu"], [role="listbox"], [role="tablist"], [role="separator"], .cm-editor'
      if (target?.closest(busy) && !(event.key === 'j' || event.key === 'k')) return
      if (target?.closest('input, textarea, select, dialog')) return
      const by =
        event.key === 'j' || event.key === 'ArrowDown' ? 1 : event.key === 'k' || event.key === 'ArrowUp' ? -1 : 0
      if (by !== 0) {
        event.preventDefault()
        event.stopPropagation()
        step(by)
      } else if (event.key === 'Enter' && target?.closest('a, button') === null) {
        event.preventDefault()
        event.stopPropagation()
        enter()
      }
    }
    // Before the table's own keys, which move only its focus.
    document.addEventListener('keydown', onKey, true)
    return () => document.removeEventListener('keydown', onKey, true)
  }, [enabled, step, enter])
}
