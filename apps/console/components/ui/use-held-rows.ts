'use client'
import { useState } from 'react'

/**
 * Rows that never move under the hand: while `hold`, those that were there keep their places and only their values change; new ones wait
 * until they are asked for or the pointer leaves.
 */
export function useHeldRows<Row>(rows: readonly Row[] | undefined, rowKey: (row: Row) => string, hold: boolean) {
  const [order, setOrder] = useState<readonly string[] | null>(null)
  if (!hold || rows === undefined) {
    if (order !== null) setOrder(null)
    return { rows, waiting: 0, release: () => {} }
  }
  if (order === null) {
    setOrder(rows.map(rowKey))
    return { rows, waiting: 0, release: () => {} }
  }
  const byKey = new Map(rows.map((row) => [rowKey(row), row]))
  const kept = order.flatMap((key) => byKey.get(key) ?? [])
  return { rows: kept, waiting: rows.length - kept.length, release: () => setOrder(rows.map(rowKey)) }
}
