/** How often things fail in a simulated cluster, for how long, and in the middle of what. */
import type { SimRandom } from '@odradek/broker/src/host/sim/index.ts'

/** How likely each kind is. */
const KINDS = {
  crash: 6,
  'all lose their power': 2,
  'part two': 2,
  'part one': 2,
  'part one from all': 2,
  silence: 3,
  'cut store': 2,
  'cut store from all': 1,
  'hold broker': 3,
  'hold store': 1,
  'kill store': 1,
  'leave one': 2,
  'fill disk': 2,
  'set clock': 1,
} as const
export type FaultKind = keyof typeof KINDS
const DRAWN = Object.entries(KINDS).flatMap(([kind, weight]) => Array<FaultKind>(weight).fill(kind as FaultKind))

export interface FaultPace {
  /** Of the mean time between two, one is drawn. */
  readonly meansMs: readonly number[]
  readonly lengthMsMax: number
  readonly awayMsMax: number
  /** How likely something fails just after the store was written to: leaders, in-sync replicas or brokers change then. */
  readonly amidChance: number
  /** Within so long of that; one is drawn for each world. */
  readonly amidMsMax: readonly number[]
  /** How many may fail so. */
  readonly amidMax: number
  /** What every other fault is. */
  readonly favoured?: FaultKind
}

export const LONG: FaultPace = {
  meansMs: [400, 1_500, 4_000],
  lengthMsMax: 5_000,
  awayMsMax: 3_000,
  amidChance: 0,
  amidMsMax: [0],
  amidMax: 0,
}
/** For short worlds: as much in a fraction of the time. */
export const DENSE: FaultPace = { ...LONG, meansMs: [150, 300, 700], lengthMsMax: 1_500, awayMsMax: 700 }
/** For worlds of a fraction of a second: few, each at a bad moment. */
export const SHARP: FaultPace = {
  meansMs: [60, 120, 250],
  lengthMsMax: 900,
  awayMsMax: 300,
  amidChance: 0.25,
  amidMsMax: [2, 10, 40],
  amidMax: 6,
}
/** For worlds of the same size about groups: who is replaced as their coordinator, and has not heard of it, is asked on. */
export const SECLUDED: FaultPace = { ...SHARP, lengthMsMax: 1_800, favoured: 'part one from all' }
/** The same where others look on: one at a time, and for long enough that another coordinator has news. */
export const ONLOOKED: FaultPace = { ...SECLUDED, meansMs: [300, 600], amidMax: 1 }

/** What fails next. */
export function drawKind({ favoured }: FaultPace, random: SimRandom): FaultKind {
  if (favoured !== undefined && random.chance(0.5)) return favoured
  return DRAWN[random.below(DRAWN.length)]!
}
