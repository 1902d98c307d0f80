/** Reading and checking the files of a log while no broker has them: what `odradek log` does, for programs. */
import { dirname, resolve } from 'node:path'
import { pino } from 'pino'
import { createNodeDisk } from './host/node/disk.ts'
import { type DumpEntry, type DumpOptions, dumpLog as dump } from './storage/dump.ts'
import { applyRepair } from './storage/repair.ts'
import { changesAnything, planRepair, type RepairPlan } from './storage/repair-plan.ts'
import { settleLeftovers } from './storage/swap.ts'
import { type Verification, type VerifyOptions, verifyLog as verify } from './storage/verify.ts'

export type { DumpEntry, DumpOptions } from './storage/dump.ts'
export type { LostOffsets, RepairPlan, SegmentRepair } from './storage/repair-plan.ts'
export type { Finding, Verification, VerifyOptions } from './storage/verify.ts'

/** What a partition's directory holds: epochs, segments with their batches, indexes, producers. Changes nothing. */
export function dumpLog(directory: string, options?: DumpOptions): Iterable<DumpEntry> {
  return dump(createNodeDisk(), directory, options)
}

/** Checks a partition's directory without changing it. */
export function verifyLog(directory: string, options?: VerifyOptions): Verification {
  // Its name tells what the checkpoints beside it say of it.
  return verify(createNodeDisk(), resolve(directory), options)
}

export interface Repair {
  /** What is, or was, to be done. */
  readonly plan: RepairPlan
  /** Whether anything is, or was. */
  readonly isNeeded: boolean
  readonly isDone: boolean
  /** Where damaged files were put; null when there were none, or nothing was done. */
  readonly aside: string | null
}

/**
 * Plans the repair of a partition's directory, and carries it out with `apply`. Throws an Error that says so where a broker
 * has the data directory.
 */
export function repairLog(directory: string, { apply = false }: { readonly apply?: boolean } = {}): Repair {
  const disk = createNodeDisk()
  const path = resolve(directory)
  const dataDirectory = dirname(path)
  const lock = disk.exists(`${dataDirectory}/meta.properties`) ? disk.lock(`${dataDirectory}/.lock`) : undefined
  if (lock === null) throw new Error(`${dataDirectory} is in use by a broker: stop it first`)
  try {
    const first = planRepair(disk, path)
    const isNeeded = changesAnything(first)
    if (!apply || !isNeeded) return { plan: first, isNeeded, isDone: false, aside: null }
    const names = disk.list(path).map(({ name }) => name)
    const isSettled = settleLeftovers({ disk, directory: path, logger: pino({ level: 'silent' }) }, names)
    const plan = isSettled ? planRepair(disk, path, names) : first
    return { plan, isNeeded, isDone: true, aside: applyRepair(disk, plan) }
  } finally {
    lock?.release()
  }
}
