'use client'
import { useSyncExternalStore } from 'react'
import { keepPreference, type Theme } from './preferences.ts'

let chosen: Theme | null = null
const listeners = new Set<() => void>()

/** Shows the page in a theme and keeps it. Colours hang on one class, so that no page is asked for anew. */
export function chooseTheme(theme: Theme): void {
  keepPreference('theme', theme)
  document.documentElement.classList.remove('light', 'dark')
  if (theme !== 'system') document.documentElement.classList.add(theme)
  chosen = theme
  for (const listener of listeners) listener()
}

/** The theme that holds: what was chosen on this page, else what was `kept`. */
export function useTheme(kept: Theme): Theme {
  return useSyncExternalStore(
    listen,
    () => chosen ?? kept,
    () => kept,
  )
}

function listen(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
