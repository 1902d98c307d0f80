'use client'
import { useRouter } from 'next/navigation'
import { useCallback } from 'react'
import { placeOf } from './message-query.ts'
import { placeText } from './outputs.ts'
import { useWalk } from './use-walk.ts'

interface Place {
  readonly partition: number
  readonly offset: number
}

/**
 * The row of a list of records whose panel is open: it is in the address, J and K walk it, Enter opens its own page.
 * @param at as the address has it: `3@1842`
 * @param onChoose writes it there; null: no row
 * @param pageOf the address of a row's own page
 */
export function useChosenRow(
  rows: readonly Place[],
  at: string | null,
  onChoose: (at: string | null) => void,
  pageOf: (place: Place) => string,
) {
  const router = useRouter()
  const place = placeOf(at)
  const select = useCallback((row: Place | null) => onChoose(row === null ? null : placeText(row)), [onChoose])
  const walk = useCallback(
    (by: 1 | -1) => {
      const here = rows.findIndex((row) => placeText(row) === at)
      const next = rows[here < 0 ? 0 : here + by]
      if (next !== undefined) select(next)
    },
    [rows, at, select],
  )
  const openPage = useCallback(() => {
    if (place !== null) router.push(pageOf(place))
  }, [router, place, pageOf])
  useWalk(place !== null, walk, openPage)
  return { place, select, walk, openPage }
}
