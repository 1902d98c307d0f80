'use client'
import { createContext, type ReactNode, useCallback, useContext, useSyncExternalStore } from 'react'
import { isPassing } from '../../lib/until-reached.ts'
import { ErrorState } from './error-state.tsx'

/** What is told of around here already. */
const Told = createContext<unknown>(null)

/** What a page asks for, as far as its failure is to be shown. */
interface Asked {
  readonly error: unknown
  readonly isFetching: boolean
  refetch(): unknown
}

/**
 * The error of what a page asks for, if there is one. That the cluster cannot be reached is told once: a part of a page does not say it
 * again where the frame around it does; it asks anew by itself, as that does.
 */
export function QueryError({ query, className }: { query: Asked; className?: string }) {
  const isTold = useIsTold(query.error)
  if (query.error === null || isTold) return null
  return (
    <ErrorState
      error={query.error}
      retry={() => void query.refetch()}
      busy={query.isFetching}
      {...(className !== undefined && { className })}
    />
  )
}

/** Stands around what need not tell a failure that has been told; null: it tells its own again, as a dialog that covers the page. */
export function ToldFailure({ error, children }: { error: unknown; children: ReactNode }) {
  return <Told value={error}>{children}</Told>
}

/** Stands around what covers the page on narrow screens: there it tells what the page behind tells already. */
export function CoveringBelow({ width, children }: { width: number; children: ReactNode }) {
  const told = useContext(Told)
  const query = `(max-width: ${width - 1}px)`
  const covers = useSyncExternalStore(
    useCallback(
      (changed: () => void) => {
        const list = matchMedia(query)
        list.addEventListener('change', changed)
        return () => list.removeEventListener('change', changed)
      },
      [query],
    ),
    () => matchMedia(query).matches,
    () => false,
  )
  return <Told value={covers ? null : told}>{children}</Told>
}

function useIsTold(error: unknown): boolean {
  const told = useContext(Told)
  return told !== null && isPassing(told) && isPassing(error)
}
