'use client'
import { createContext, type ReactNode, useContext, useState } from 'react'

type Cursor = readonly [number | null, (at: number | null) => void]
const CursorContext = createContext<Cursor | null>(null)

/** Charts inside share one cursor. */
export function ChartCursor({ children }: { children: ReactNode }) {
  const cursor = useState<number | null>(null)
  return <CursorContext value={cursor}>{children}</CursorContext>
}

/** The moment under the pointer, in any chart of the page. */
export function useCursor(): Cursor {
  const own = useState<number | null>(null)
  return useContext(CursorContext) ?? own
}
