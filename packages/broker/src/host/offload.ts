import type { Disk } from './disk.ts'

/**
 * Work that takes milliseconds and more: pure over files, so that it can run beside the event loop. It must only read
 * what no longer changes and write files nobody else knows yet; the swap happens on the loop afterwards.
 */
export interface Job<Args, Result> {
  /** `import.meta.url` of the module whose export `job` this is, so that a worker thread can load it. */
  readonly module: string
  run(disk: Disk, args: Args): Result
}

export interface Offload {
  /** Runs `job` in a worker thread (in a simulation: as a step of its own). `args` and the result are cloned. */
  run<Args, Result>(job: Job<Args, Result>, args: Args): Promise<Result>
  close(): Promise<void>
}
