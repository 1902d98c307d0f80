import type { Disk } from './disk.ts'

/**
 * Work that takes milliseconds and more: pure over files, so that it can run beside the event loop. It must only read
 * what no longer changes and write files nobody else knows yet; the swap happens on the loop afterwards.
 */
export interface Job<Args, Result> {
  /** `import.meta.url` of the module whose export `job` this is, so that a worker thread can load it. */
  readonly module: string
  /** A client waits for it: it is not put behind jobs that nobody waits for, which may take long. */
  readonly isUrgent?: boolean
  run(disk: Disk, args: Args, pace?: Pace): Result
}

/** For jobs that must not take all of a disk: they wait in between. */
export interface Pace {
  /** Milliseconds from an arbitrary start. */
  monotonic(): number
  /** Blocks the thread of the job, and the jobs behind it. */
  pause(ms: number): void
}

export interface Offload {
  /** Runs `job` in a worker thread (in a simulation: as a step of its own). `args` and the result are cloned. */
  run<Args, Result>(job: Job<Args, Result>, args: Args): Promise<Result>
  close(): Promise<void>
}
