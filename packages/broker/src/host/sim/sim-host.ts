import type { Host } from '../host.ts'
import { SimClock, SimTimers } from './sim-clock.ts'
import { SimDisk, type SimDiskOptions } from './sim-disk.ts'
import type { SimDeath, SimLife } from './sim-life.ts'
import { SimNetwork } from './sim-network.ts'
import { SimOffload } from './sim-offload.ts'
import type { SimRandom } from './sim-random.ts'
import { SimWorld } from './sim-world.ts'

export interface SimHostOptions {
  /** In the trace [host]. */
  readonly name?: string
  /** For the network [127.0.0.1]. */
  readonly address?: string
  readonly disk?: SimDiskOptions
}

/** One simulated machine in one of its lives. */
export interface SimHost extends Host {
  readonly name: string
  readonly world: SimWorld
  readonly clock: SimClock
  readonly timers: SimTimers
  readonly disk: SimDisk
  readonly network: SimNetwork
  readonly random: SimRandom
  readonly offload: SimOffload
  readonly alive: boolean
  /** Stops this life for so long, as SIGSTOP does; its clocks go on. */
  hold(forMs: number): void
  /** Ends this life now: no event of it happens any more, its connections and locks are gone. */
  crash(death?: SimDeath): void
  /** The machine's next life, on what its disk kept. Crashes this one if it has not. */
  reboot(): SimHost
}

/** A host in a world of its own (from a seed) or in one that is there, where it can meet other hosts. */
export function createSimHost(seed: number | SimWorld, options: SimHostOptions = {}): SimHost {
  const world = typeof seed === 'number' ? new SimWorld(seed) : seed
  const life = world.begin(options.name ?? 'host')
  const disk = new SimDisk(world, life, world.random.fork(), options.disk)
  return boot(world, life, disk, new SimClock(world), options)
}

function boot(world: SimWorld, life: SimLife, disk: SimDisk, clock: SimClock, options: SimHostOptions): SimHost {
  return {
    name: life.name,
    world,
    clock,
    timers: new SimTimers(world, life),
    disk,
    network: new SimNetwork(world, life, options.address ?? '127.0.0.1'),
    random: world.random.fork(),
    offload: new SimOffload(world, life, disk, world.random.fork()),
    get alive() {
      return life.alive
    },
    hold(forMs) {
      world.hold(life, forMs)
    },
    crash(death = 'power') {
      life.end(death)
    },
    reboot() {
      const next = world.begin(life.name)
      return boot(world, next, disk.reboot(next), clock, options)
    },
  }
}
