'use client'
import { createContext, type ReactNode, useContext } from 'react'

const Zone = createContext('UTC')

/** The IANA name of the zone in which every time on the page is shown. */
export function useZone(): string {
  return useContext(Zone)
}

export function ZoneProvider({ zone, children }: { zone: string; children: ReactNode }) {
  return <Zone value={zone}>{children}</Zone>
}
