import type { Job, Offload } from '../offload.ts'
import type { SimDisk } from './sim-disk.ts'
import { SimCrash, type SimLife } from './sim-life.ts'
import type { SimRandom } from './sim-random.ts'
import type { SimWorld } from './sim-world.ts'

const JOB_MS_MAX = 50

/** Runs each job as one event. Jobs end in the order they were given, as with one worker thread. */
export class SimOffload implements Offload {
  readonly #world: SimWorld
  readonly #life: SimLife
  readonly #disk: SimDisk
  readonly #random: SimRandom
  readonly #pending = new Set<(error: Error) => void>()
  #freeAt = 0
  #closed = false

  constructor(world: SimWorld, life: SimLife, disk: SimDisk, random: SimRandom) {
    this.#world = world
    this.#life = life
    this.#disk = disk
    this.#random = random
  }

  run<Args, Result>(job: Job<Args, Result>, args: Args): Promise<Result> {
    if (this.#closed) return Promise.reject(new Error('offload is closed'))
    const cloned = structuredClone(args)
    this.#freeAt = Math.max(this.#freeAt, this.#world.time) + this.#random.between(0.02, JOB_MS_MAX)
    const name = job.module.slice(job.module.lastIndexOf('/') + 1)
    return new Promise((resolve, reject) => {
      this.#pending.add(reject)
      this.#world.scheduleAt(this.#freeAt, 'offload', name, this.#life, () => {
        if (!this.#pending.delete(reject)) return
        try {
          resolve(structuredClone(job.run(this.#disk, cloned)))
        } catch (error) {
          if (error instanceof SimCrash) throw error
          reject(error)
        }
      })
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const reject of this.#pending) reject(new Error('offload is closed'))
    this.#pending.clear()
  }
}
