import type { Logger } from 'pino'
import type { Clock, Timer, Timers } from '../host/clock.ts'
import type { Turn } from '../host/turn.ts'
import type { MachinePartition } from '../runtime/machine-partition.ts'
import { MachineShell, type MachineShellLimits } from '../runtime/machine-shell.ts'
import type { GroupLimits } from './group-limits.ts'
import { GroupMachine } from './group-machine.ts'
import type { GroupRecord } from './group-record.ts'
import { groupRecordCodec } from './group-record-codec.ts'

export type GroupShell = MachineShell<GroupMachine, GroupRecord>

export interface GroupShellsOptions {
  readonly clock: Clock
  readonly timers: Timers
  readonly turn: Turn
  readonly logger: Logger
  readonly limits: GroupLimits
  readonly shellLimits?: Partial<MachineShellLimits>
}

/** The partitions of `__consumer_offsets` that this broker leads, each with its machine, and one timer for them all. */
export class GroupShells {
  readonly #options: GroupShellsOptions
  readonly #shells = new Map<number, GroupShell>()
  #timer: Timer | null = null
  /** The monotonic time that the timer is set to. */
  #timerAt = Number.POSITIVE_INFINITY
  readonly #deadlineMoved = () => this.#setTimer()

  constructor(options: GroupShellsOptions) {
    this.#options = options
  }

  /** Takes over a partition, in place of what was known of an earlier epoch of it, and loads it. */
  lead(partition: MachinePartition): void {
    this.resign(partition.index)
    const { clock, timers, turn, logger, limits, shellLimits } = this.#options
    const shell: GroupShell = new MachineShell<GroupMachine, GroupRecord>({
      name: `__consumer_offsets-${partition.index}`,
      partition,
      create: () => new GroupMachine(limits),
      codec: groupRecordCodec,
      clock,
      timers,
      turn,
      logger,
      deadlineMoved: this.#deadlineMoved,
      ...(shellLimits === undefined ? {} : { limits: shellLimits }),
    })
    this.#shells.set(partition.index, shell)
    shell.load()
  }

  /** Gives a partition up. */
  resign(index: number): void {
    const shell = this.#shells.get(index)
    this.#shells.delete(index)
    shell?.close()
  }

  get(index: number): GroupShell | undefined {
    return this.#shells.get(index)
  }

  all(): Iterable<GroupShell> {
    return this.#shells.values()
  }

  close(): void {
    for (const index of [...this.#shells.keys()]) this.resign(index)
    this.#timer?.cancel()
    this.#timer = null
  }

  #setTimer(): void {
    let at = Number.POSITIVE_INFINITY
    for (const shell of this.#shells.values()) at = Math.min(at, shell.nextDeadline())
    // A timer that is early finds nothing to do and is set anew.
    if (at >= this.#timerAt) return
    this.#timer?.cancel()
    this.#timerAt = at
    const { clock, timers } = this.#options
    this.#timer = timers.after(Math.max(0, Math.ceil(at - clock.monotonic())), () => this.#tick())
  }

  #tick(): void {
    this.#timer = null
    this.#timerAt = Number.POSITIVE_INFINITY
    for (const shell of this.#shells.values()) shell.tick()
    this.#setTimer()
  }
}
