import type { SimWorld } from '@odradek/broker/src/host/sim/index.ts'
import { DEAD, VISIBLE } from '@odradek/broker/src/intake/intake-note.ts'
import type { PartitionIntake } from '@odradek/broker/src/intake/partition-intake.ts'

const LOOK_MS = 100
/** How long something may be due and not be taken up: a clock that stepped is noticed within half a second. */
const OVERDUE_MS_MAX = 2_000

export interface DueWatchOptions {
  readonly world: SimWorld
  /** The broker's wall clock. */
  readonly now: () => number
  /** Those of the broker that runs; none while it does not. */
  readonly intakes: () => Iterable<PartitionIntake>
  readonly fail: (problem: string) => void
}

/** Looks all the time whether what is due is delivered, while its target takes it. */
export class DueWatch {
  readonly #options: DueWatchOptions
  /** Since when something is due by the world's time, and what. */
  readonly #overdue = new Map<PartitionIntake, { readonly since: number; readonly due: number }>()

  constructor(options: DueWatchOptions) {
    this.#options = options
  }

  start(): void {
    const { world } = this.#options
    world.schedule(LOOK_MS, 'timer', 'due watch', null, () => {
      this.#look()
      this.start()
    })
  }

  #look(): void {
    const { world, now, intakes, fail } = this.#options
    const before = new Map(this.#overdue)
    this.#overdue.clear()
    for (const intake of intakes()) {
      const { isLoaded, machine, refusals, topic, index } = intake
      const nextDue = Math.min(machine.nextDue(VISIBLE), machine.nextDue(DEAD))
      if (!isLoaded || refusals.some((refusal) => refusal !== null) || nextDue > now()) continue
      const known = before.get(intake)
      const overdue = known?.due === nextDue ? known : { since: world.time, due: nextDue }
      this.#overdue.set(intake, overdue)
      const ms = world.time - overdue.since
      if (ms > OVERDUE_MS_MAX) fail(`what is due in ${topic}-${index} is not taken up for ${ms.toFixed(0)} ms`)
    }
  }
}
