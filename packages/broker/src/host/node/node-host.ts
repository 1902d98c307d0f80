import type { Host } from '../host.ts'
import { createNodeClock } from './clock.ts'
import { createNodeDisk } from './disk.ts'
import { createNodeNetwork } from './network.ts'
import { createNodeOffload } from './offload.ts'
import { createNodeRandom } from './random.ts'
import { createNodeTimers } from './timers.ts'

/** The machine the process runs on. */
export function createNodeHost(): Host {
  const clock = createNodeClock()
  return {
    clock,
    timers: createNodeTimers(clock),
    disk: createNodeDisk(),
    network: createNodeNetwork(),
    random: createNodeRandom(),
    offload: createNodeOffload(),
  }
}
