/**
 * How full a disk is, and what that means. Shares are of what a user can fill: used + free, as `df` counts, without what the
 * file system keeps for root.
 */
import type { BrokerConfig } from '@odradek/config'
import type { DiskSpace } from '../host/disk.ts'

/** In rising order; what holds for one holds for those after it. */
export const diskStates = ['roomy', 'expiring', 'forcing', 'refusing', 'full'] as const

/**
 * roomy; expiring: what is over goes at once; forcing: the oldest go anyhow; refusing: clients' records are refused; full: all
 * records are.
 */
export type DiskState = (typeof diskStates)[number]

/** Bytes in use from which on each state holds, on one disk. */
export interface DiskThresholds {
  readonly expiring: number
  readonly forcing: number
  readonly refusing: number
  readonly full: number
}

/** Bytes that a user of the disk can fill. */
export function usableBytes({ usedBytes, freeBytes }: DiskSpace): number {
  return usedBytes + freeBytes
}

/** Where the states begin on a disk of that size. A threshold below the one before it counts as that one. */
export function diskThresholds(config: BrokerConfig, space: DiskSpace): DiskThresholds {
  const bytes = (percent: number) => Math.floor((usableBytes(space) / 100) * percent)
  const expiring = bytes(config['disk.expire.above.percent'])
  const forcing = Math.max(expiring, bytes(config['disk.force.above.percent']))
  const refusing = Math.max(forcing, bytes(config['disk.refuse.above.percent']))
  const full = Math.max(refusing, bytes(config['disk.refuse.internal.above.percent']))
  return { expiring, forcing, refusing, full }
}

/** The state of a disk of which `usedBytes` are in use. */
export function diskStateOf(usedBytes: number, thresholds: DiskThresholds): DiskState {
  if (usedBytes > thresholds.full) return 'full'
  if (usedBytes > thresholds.refusing) return 'refusing'
  if (usedBytes > thresholds.forcing) return 'forcing'
  if (usedBytes > thresholds.expiring) return 'expiring'
  return 'roomy'
}

/** Whether a disk is at least in that state. */
export function isAtLeast(state: DiskState, least: DiskState): boolean {
  return diskStates.indexOf(state) >= diskStates.indexOf(least)
}

/** The share in use, in percent. */
export function usedPercent(space: DiskSpace): number {
  const usable = usableBytes(space)
  return usable === 0 ? 0 : (space.usedBytes / usable) * 100
}
