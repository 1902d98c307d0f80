'use client'
import { useEffect, useState } from 'react'

/** Which columns of a table are put away, kept in the browser under the table's name. */
export function useColumns(table: string, putAwayAtFirst: readonly string[] = []) {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set(putAwayAtFirst))
  useEffect(() => {
    const kept = localStorage.getItem(`columns.${table}`)
    if (kept !== null) setHidden(new Set(kept.split(',').filter((id) => id !== '')))
  }, [table])
  const toggle = (id: string) => {
    const next = new Set(hidden)
    if (!next.delete(id)) next.add(id)
    setHidden(next)
    localStorage.setItem(`columns.${table}`, [...next].join(','))
  }
  return { hidden, toggle }
}
