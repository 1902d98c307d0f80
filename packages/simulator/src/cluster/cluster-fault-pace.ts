/** How often things fail in a simulated cluster, for how long, and in the middle of what. */
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
