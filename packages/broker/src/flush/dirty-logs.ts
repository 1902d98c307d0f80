import type { Timer, Timers } from '../host/clock.ts'
import type { Log } from '../storage/log.ts'

/** Logs that wait for the same time, from when the first of them came. */
interface Group {
  readonly intervalMs: number
  readonly logs: Set<Log>
  timer: Timer | null
}

/** Logs that are to be flushed within some time each: one timer for all that have the same. */
export class DirtyLogs {
  readonly #timers: Timers
  readonly #due: (log: Log) => void
  readonly #groups = new Map<number, Group>()
  readonly #groupOf = new Map<Log, Group>()

  /** `due` hears of each log when its time has come. */
  constructor(timers: Timers, due: (log: Log) => void) {
    this.#timers = timers
    this.#due = due
  }

  /** `log` is due within `intervalMs`, or before, where that was said earlier. */
  add(log: Log, intervalMs: number): void {
    const before = this.#groupOf.get(log)
    if (before !== undefined && before.intervalMs <= intervalMs) return
    before?.logs.delete(log)
    const group = this.#groups.get(intervalMs) ?? this.#open(intervalMs)
    group.logs.add(log)
    this.#groupOf.set(log, group)
    group.timer ??= this.#timers.after(intervalMs, () => this.#fire(group))
  }

  /** `log` is being flushed, or is no more. */
  delete(log: Log): void {
    this.#groupOf.get(log)?.logs.delete(log)
    this.#groupOf.delete(log)
  }

  close(): void {
    for (const { timer } of this.#groups.values()) timer?.cancel()
    this.#groups.clear()
    this.#groupOf.clear()
  }

  #open(intervalMs: number): Group {
    const group: Group = { intervalMs, logs: new Set(), timer: null }
    this.#groups.set(intervalMs, group)
    return group
  }

  #fire(group: Group): void {
    group.timer = null
    const logs = [...group.logs]
    group.logs.clear()
    for (const log of logs) this.#groupOf.delete(log)
    if (logs.length === 0) this.#groups.delete(group.intervalMs)
    for (const log of logs) this.#due(log)
  }
}
