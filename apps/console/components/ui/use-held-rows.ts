'use client'
import { useState } from 'react'

/**
 * Rows that never move under the hand: while `hold`, those that were there keep their places and only their values change; new ones wait
 * until they are asked for or the pointer leaves. Another `view` (sort, filter, page) is what the hand asked for, and is not held back.
 */
export function useHeldRows<Row>(
  rows: readonly Row[] | undefined,
  rowKey: (row: Row) => string,
  hold: boolean,
  view: string,
) {
  const [held, setHeld] = useState<{ readonly view: string; readonly order: readonly string[] } | null>(null)
  if (!hold || rows === undefined) {
    if (held !== null) setHeld(null)
    return { rows, waiting: 0, release: () => {} }
  }
  const release = () => setHeld({ view, order: rows.map(rowKey) })
  if (held === null || held.view !== view) {
    release()
    return { rows, waiting: 0, release }
  }
  const byKey = new Map(rows.map((row) => [rowKey(row), row]))
  const kept = held.order.flatMap((key) => byKey.get(key) ?? [])
  return { rows: kept, waiting: rows.length - kept.length, release }
}
