/** What a seed chooses from in the storage simulation, and what outlives the lives of a data directory. */
import type { DiskCall, SimRandom } from '@odradek/broker/src/host/sim/index.ts'
import type { TopicConfig } from '@odradek/config'
import type { LogModel } from './log-model.ts'

export const DATA_DIRECTORY = '/data'

/** What outlives the lives of a data directory. */
export interface StorageWorld {
  readonly random: SimRandom
  readonly models: LogModel[]
  readonly counts: Record<string, number>
  readonly markBytes: number
  /** What is done to a log, each as often as it is here. */
  readonly operations: readonly Operation[]
  /** Of the values of records, small ones oftenest. */
  readonly valueBytes: readonly number[]
  /** How likely a fault is a disk that others fill. */
  readonly fullDiskChance: number
  /** What a sync takes at most, but for one in fifty, which takes ten times that. */
  readonly syncMs: number
  readonly configOf: (model: LogModel) => TopicConfig
  /** A number that was not given before. */
  readonly next: () => number
  readonly fail: (problem: string) => void
}

/** System calls that may fail, with what they may fail; some only where it is about a file of that name. */
export const FAULTS: readonly (readonly [call: DiskCall, code: string, name?: string])[] = [
  ['sync', 'EIO', 'partition.metadata'],
  ['sync', 'EIO'],
  ['sync', 'EIO'],
  ['write', 'EIO'],
  ['write', 'ENOSPC'],
  ['read', 'EIO'],
  ['open', 'ENOSPC'],
  ['truncate', 'EIO'],
  ['rename', 'EIO'],
  ['syncDirectory', 'EIO'],
]

/** What is done to a log, with how often. */
const WEIGHTS = {
  append: 80,
  write: 20,
  flush: 15,
  dirtied: 25,
  'dirtied together': 25,
  read: 15,
  roll: 5,
  truncate: 5,
  'move start': 5,
  'delete segments': 5,
  checkpoint: 5,
  'checkpoint now': 5,
  resend: 5,
  'begin epoch': 5,
  compact: 15,
  'end transaction': 8,
  settle: 5,
  delete: 2,
  empty: 3,
} as const
export type Operation = keyof typeof WEIGHTS
/** The same where several logs wait for the disk together: the journal has most of what is durable. */
const CROWDED_WEIGHTS: Readonly<Record<Operation, number>> = {
  ...WEIGHTS,
  append: 60,
  write: 1,
  flush: 3,
  'dirtied together': 60,
  roll: 1,
  truncate: 2,
  'move start': 1,
  'delete segments': 1,
  settle: 1,
  delete: 1,
  empty: 1,
}

export const OPERATIONS = drawn(WEIGHTS)
export const CROWDED_OPERATIONS = drawn(CROWDED_WEIGHTS)

function drawn(weights: Readonly<Record<Operation, number>>): readonly Operation[] {
  return (Object.keys(weights) as Operation[]).flatMap((name) => Array<Operation>(weights[name]).fill(name))
}
