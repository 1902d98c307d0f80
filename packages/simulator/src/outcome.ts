import { SimCrash, type SimWorld } from '@odradek/broker/src/host/sim/index.ts'

/** What became of a seed. */
export interface Outcome {
  readonly seed: number
  /** Equal for runs that did the same. */
  readonly fingerprint: number
  readonly failures: readonly string[]
  readonly counts: Readonly<Record<string, number>>
  readonly steps: number
  readonly virtualMs: number
  /** The last lines of what happened. */
  readonly trace: () => string
}

/**
 * Runs a world until `run` has ended, and tells how it went but for what the simulation itself counted. What `run` throws, and
 * a rejection that nobody handled, are failures; what a crash of a simulated machine ends is not.
 */
export async function runToItsEnd(
  seed: number,
  world: SimWorld,
  run: () => Promise<void>,
  fail: (problem: string) => void,
): Promise<Omit<Outcome, 'failures' | 'counts'>> {
  const unhandled = (error: unknown) => {
    if (!(error instanceof SimCrash)) fail(`a rejection nobody handled: ${(error as Error).stack}`)
  }
  process.on('unhandledRejection', unhandled)
  try {
    await run()
  } catch (error) {
    fail(`the simulation failed: ${(error as Error).stack}`)
  } finally {
    process.off('unhandledRejection', unhandled)
  }
  return {
    seed,
    fingerprint: world.trace.fingerprint,
    steps: world.steps,
    virtualMs: world.time,
    trace: () => world.trace.toString(),
  }
}
