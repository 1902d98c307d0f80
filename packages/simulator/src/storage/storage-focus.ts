/**
 * What the worlds of the storage simulation are about. Most do everything, seldom; in others one thing happens again and
 * again, because what may go wrong with it takes several rare events in a row.
 */
import type { DiskCall } from '@odradek/broker/src/host/sim/index.ts'

/** A system call that may fail, with what; where a name is given, one about a file of that name. */
export type Fault = readonly [call: DiskCall, code: string, name?: string]

export interface Focus {
  readonly name: string
  /** Of so many seeds in a hundred. */
  readonly percent: number
  /** What is done to a log, each as often as it is here. */
  readonly operations: readonly Operation[]
  /** How likely the machine dies within the calls that one of these makes, or soon after it; often at one of `fatal`. */
  readonly deadly: Partial<Readonly<Record<Operation, number>>>
  readonly fatal: readonly (readonly [call: DiskCall, name: string])[]
  readonly faults: readonly Fault[]
  /** How likely a life has a fault, and that this is a disk that others fill. */
  readonly faultChance: number
  readonly fullDiskChance: number
  /** How likely a life that dies is killed, and leaves the page cache, rather than loses its power. */
  readonly killChance: number
  /** How likely a topic that was deleted is made again at once; otherwise some time later, perhaps in another life. */
  readonly remadeAtOnceChance: number
  /** How likely a life ends at some system call, of the first hundreds. */
  readonly anyCallChance: number
  /** Operations of a life; and how likely one that follows a kill has but a few, and loses its power then. */
  readonly stepsMax: number
  readonly briefChance: number
  /** How likely time goes by after one. */
  readonly pauseChance: number
  /** There are so many logs, and up to two more. */
  readonly logsMin: number
  readonly compactedChance: number
  readonly syncChance: number
  readonly segmentBytes: readonly string[]
  /** The journal, and what is read after a crash: few or many bytes. */
  readonly markBytes: readonly number[]
  /** Of the values of records, small ones oftenest. */
  readonly valueBytes: readonly number[]
}

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
  'delete records': 2,
  fill: 0,
} as const
export type Operation = keyof typeof WEIGHTS

const EVERYTHING: Omit<Focus, 'percent'> = {
  name: 'everything',
  operations: drawn(WEIGHTS),
  deadly: {},
  fatal: [],
  faults: [
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
  ],
  faultChance: 0.3,
  fullDiskChance: 0.35,
  killChance: 0.4,
  remadeAtOnceChance: 0.8,
  anyCallChance: 0.8,
  stepsMax: 150,
  briefChance: 0,
  pauseChance: 0.2,
  logsMin: 1,
  compactedChance: 0.35,
  syncChance: 0.6,
  segmentBytes: ['700', '1500', '6000', '100000'],
  markBytes: [500, 3000, 1_000_000],
  valueBytes: [3, 40, 300, 9000],
}

/** Several logs, which write much, wait for the disk together: the journal has most of what is durable. */
const CROWD: Omit<Focus, 'percent'> = {
  ...EVERYTHING,
  name: 'crowd',
  operations: drawn({
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
  }),
  fullDiskChance: 0.7,
  logsMin: 2,
  compactedChance: 0,
  syncChance: 1,
  segmentBytes: ['100000', '1000000'],
  markBytes: [100_000, 1_000_000],
  valueBytes: [3, 300, 9000, 30_000],
}

/** None of an operation but those named. */
const NOTHING = Object.fromEntries(Object.keys(WEIGHTS).map((name) => [name, 0])) as Record<Operation, number>

const FOCUSES: readonly Focus[] = [
  { ...CROWD, percent: 4 },
  {
    ...CROWD,
    name: 'crowd without room',
    percent: 3,
    faults: [['write', 'ENOSPC', '.log']],
    faultChance: 1,
    fullDiskChance: 0.5,
    stepsMax: 60,
  },
  {
    ...EVERYTHING,
    name: 'cuts',
    percent: 8,
    operations: drawn({
      ...NOTHING,
      append: 40,
      flush: 25,
      dirtied: 10,
      roll: 5,
      truncate: 12,
      empty: 6,
      'delete segments': 3,
      'checkpoint now': 5,
      'begin epoch': 3,
    }),
    deadly: { truncate: 0.6, empty: 0.6 },
    fatal: [
      ['sync', '.log'],
      ['truncate', '.log'],
      ['remove', '.log'],
      ['remove', '.snapshot'],
    ],
    faultChance: 0.1,
    stepsMax: 50,
    briefChance: 0.6,
    compactedChance: 0,
  },
  {
    ...EVERYTHING,
    name: 'cuts that a kill ends',
    percent: 4,
    operations: drawn({ ...NOTHING, append: 30, flush: 25, roll: 3, truncate: 15, empty: 3, 'begin epoch': 3 }),
    deadly: { truncate: 0.8, empty: 0.5 },
    fatal: [
      ['sync', '.log'],
      ['truncate', '.log'],
      ['remove', '.log'],
    ],
    faultChance: 0,
    killChance: 0.9,
    stepsMax: 40,
    briefChance: 0.9,
    pauseChance: 0.4,
    compactedChance: 0,
  },
  {
    ...EVERYTHING,
    name: 'cuts without room',
    percent: 4,
    operations: drawn({ ...NOTHING, append: 30, write: 3, flush: 3, roll: 10, truncate: 15, empty: 3, fill: 10 }),
    faultChance: 1,
    fullDiskChance: 1,
    stepsMax: 60,
    compactedChance: 0,
    valueBytes: [300, 3000, 9000],
  },
  {
    ...EVERYTHING,
    name: 'starts',
    percent: 5,
    operations: drawn({
      ...NOTHING,
      append: 40,
      write: 15,
      flush: 20,
      roll: 5,
      'move start': 3,
      'delete records': 10,
      'delete segments': 4,
      'checkpoint now': 8,
    }),
    deadly: { 'delete records': 0.4 },
    fatal: [['write', 'replication-offset-checkpoint']],
    faultChance: 0.1,
    killChance: 0.2,
    stepsMax: 60,
    pauseChance: 0.4,
    compactedChance: 0,
    segmentBytes: ['6000', '100000'],
    markBytes: [500],
  },
  {
    ...EVERYTHING,
    name: 'deletions',
    percent: 8,
    operations: drawn({ ...NOTHING, append: 30, write: 5, flush: 25, dirtied: 10, 'checkpoint now': 15, delete: 15 }),
    deadly: { delete: 0.5, flush: 0.05 },
    fatal: [['remove', '-delete']],
    faults: [['sync', 'EIO', 'partition.metadata']],
    faultChance: 0.4,
    fullDiskChance: 0,
    remadeAtOnceChance: 0.1,
    stepsMax: 40,
    briefChance: 0.2,
    pauseChance: 0.4,
    compactedChance: 0,
  },
  {
    ...EVERYTHING,
    name: 'compaction',
    percent: 8,
    operations: drawn({ ...NOTHING, append: 50, flush: 20, roll: 8, truncate: 6, compact: 12, delete: 1, empty: 3 }),
    deadly: { compact: 0.03 },
    faultChance: 0.1,
    stepsMax: 80,
    pauseChance: 0.4,
    compactedChance: 1,
    segmentBytes: ['700', '1500'],
    valueBytes: [3, 40],
  },
  {
    ...CROWD,
    name: 'journal files used again',
    percent: 4,
    operations: drawn({
      ...NOTHING,
      append: 5,
      flush: 3,
      'dirtied together': 80,
      truncate: 5,
      'begin epoch': 1,
      empty: 1,
    }),
    deadly: { 'dirtied together': 0.03 },
    fatal: [
      ['write', '.journal'],
      ['open', '.journal'],
    ],
    faultChance: 0.1,
    anyCallChance: 0.1,
    stepsMax: 200,
    pauseChance: 0.9,
    markBytes: [2000, 6000],
    valueBytes: [3, 40, 40],
  },
  {
    // The disk fails under logs that have not been synced before, the broker ends, as it does then, and is started again; what
    // it finds is in the page cache, and it goes on with that until the power fails.
    ...EVERYTHING,
    name: 'new logs',
    percent: 4,
    operations: drawn({
      ...NOTHING,
      append: 40,
      write: 5,
      flush: 20,
      dirtied: 20,
      'dirtied together': 5,
      'checkpoint now': 1,
      'begin epoch': 2,
      delete: 8,
    }),
    deadly: { flush: 0.05, dirtied: 0.05 },
    fatal: [
      ['sync', 'partition.metadata'],
      ['syncDirectory', ''],
    ],
    faults: [
      ['sync', 'EIO', 'partition.metadata'],
      ['sync', 'EIO'],
      ['syncDirectory', 'EIO'],
    ],
    faultChance: 0.8,
    fullDiskChance: 0,
    killChance: 0.8,
    anyCallChance: 0.2,
    stepsMax: 30,
    briefChance: 0.7,
    pauseChance: 0.6,
    compactedChance: 0,
  },
]

/** What the world is about for which `percent` of `[0, 100)` was drawn. */
export function focusAt(percent: number): Focus {
  let from = 0
  for (const focus of FOCUSES) {
    if (percent >= from && percent < from + focus.percent) return focus
    from += focus.percent
  }
  return { ...EVERYTHING, percent: 100 - from }
}

/** What a world is about that is called `name`. Throws where none is. */
export function focusNamed(name: string): Focus {
  const all = [...FOCUSES, { ...EVERYTHING, percent: 0 }]
  const focus = all.find((one) => one.name === name)
  if (focus === undefined)
    throw new Error(`Nothing is about ${name}; there are ${all.map((one) => one.name).join(', ')}`)
  return focus
}

function drawn(weights: Readonly<Record<Operation, number>>): readonly Operation[] {
  return (Object.keys(weights) as Operation[]).flatMap((name) => Array<Operation>(weights[name]).fill(name))
}
