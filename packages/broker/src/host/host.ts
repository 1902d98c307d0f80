/**
 * Everything the broker takes from its machine, behind interfaces: `host/node` is the real one, `host/sim` the seeded,
 * fault-injecting one. No other folder reads a clock, a file, a socket or a random number by itself.
 */
import type { Clock, Timers } from './clock.ts'
import type { Disk } from './disk.ts'
import type { Network } from './network.ts'
import type { Offload } from './offload.ts'
import type { Random } from './random.ts'

export interface Host {
  readonly clock: Clock
  readonly timers: Timers
  readonly disk: Disk
  readonly network: Network
  readonly random: Random
  readonly offload: Offload
}
