/** Reading and checking the files of a log while no broker has them: what `odradek log` does, for programs. */
import { createNodeDisk } from './host/node/disk.ts'
import { type DumpEntry, type DumpOptions, dumpLog as dump } from './storage/dump.ts'
import { type Verification, type VerifyOptions, verifyLog as verify } from './storage/verify.ts'

export type { DumpEntry, DumpOptions } from './storage/dump.ts'
export type { Finding, Verification, VerifyOptions } from './storage/verify.ts'

/** What a partition's directory holds: epochs, segments with their batches, indexes, producers. Changes nothing. */
export function dumpLog(directory: string, options?: DumpOptions): Iterable<DumpEntry> {
  return dump(createNodeDisk(), directory, options)
}

/** Checks a partition's directory without changing it. */
export function verifyLog(directory: string, options?: VerifyOptions): Verification {
  return verify(createNodeDisk(), directory, options)
}
