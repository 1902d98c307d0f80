/**
 * The real storage code on a disk that fails, without a broker around it: cheap enough for thousands of seeds.
 *
 *   open ▶ check what is there ▶ any operations in any order ▶ crash (power, kill, failed call) or stop ▶ … ▶ last life: stop
 *   in good order ▶ check the files ▶ open ▶ check again
 */
import { createSimHost, SimCrash, type SimHost, SimWorld } from '@odradek/broker/src/host/sim/index.ts'
import { resolveTopicConfig } from '@odradek/config'
import { checkFiles } from '../check-files.ts'
import type { Outcome } from '../simulation.ts'
import { LogModel, topicIdOf } from './log-model.ts'
import { StorageLife } from './storage-life.ts'
import { CROWDED_OPERATIONS, DATA_DIRECTORY, OPERATIONS, type StorageWorld } from './storage-world.ts'

/** Worlds in which up to four logs, which write much, wait for the disk together, mostly by the journal. */
const CROWDED_CHANCE = 0.05

export interface StorageOptions {
  /** Lines of the trace that are kept [200]. */
  readonly traceLinesMax?: number
}

/** Runs the simulation of a seed. What it finds wrong is in `failures`. */
export async function simulateStorage(seed: number, options: StorageOptions = {}): Promise<Outcome> {
  const world = new SimWorld(seed, { traceLinesMax: options.traceLinesMax ?? 200 })
  const failures: string[] = []
  const counts: Record<string, number> = { lives: 0, crowds: 0, fullDisks: 0 }
  const fail = (problem: string): void => {
    world.note(null, `wrong: ${problem}`)
    failures.push(`life ${counts.lives}, ${world.time.toFixed(3)} ms: ${problem}`)
  }
  const unhandled = (error: unknown) => {
    if (!(error instanceof SimCrash)) fail(`a rejection nobody handled: ${(error as Error).stack}`)
  }
  process.on('unhandledRejection', unhandled)
  try {
    await run(world, failures, counts, fail)
  } catch (error) {
    fail(`the simulation failed: ${(error as Error).stack}`)
  } finally {
    process.off('unhandledRejection', unhandled)
  }
  return {
    seed,
    fingerprint: world.trace.fingerprint,
    failures,
    counts,
    steps: world.steps,
    virtualMs: world.time,
    trace: () => world.trace.toString(),
  }
}

async function run(
  world: SimWorld,
  failures: readonly string[],
  counts: Record<string, number>,
  fail: (problem: string) => void,
): Promise<void> {
  const random = world.random.fork()
  const pick = <T>(...choices: readonly T[]): T => choices[random.below(choices.length)]!
  const isCrowded = random.chance(CROWDED_CHANCE)
  if (isCrowded) counts.crowds!++
  const settings = {
    'segment.bytes': isCrowded ? pick('100000', '1000000') : pick('700', '1500', '6000', '100000'),
    'index.interval.bytes': pick('0', '100', '400'),
    'file.delete.delay.ms': pick('0', '20'),
    'min.cleanable.dirty.ratio': '0',
  }
  let numbers = 0
  const next = () => ++numbers
  const models = Array.from({ length: (isCrowded ? 2 : 1) + random.below(3) }, (_, at) => {
    return new LogModel(`t${at}`, 0, topicIdOf(next()), !isCrowded && random.chance(0.35))
  })
  const synchronous = new Set(models.filter(() => isCrowded || random.chance(0.6)).map(({ topic }) => topic))
  const syncMs = pick(0.5, 2, 20)
  const storage: StorageWorld = {
    random,
    syncMs,
    models,
    counts,
    markBytes: isCrowded ? pick(100_000, 1_000_000) : pick(500, 3000, 1_000_000),
    operations: isCrowded ? CROWDED_OPERATIONS : OPERATIONS,
    valueBytes: isCrowded ? [3, 300, 9000, 30_000] : [3, 40, 300, 9000],
    fullDiskChance: isCrowded ? 0.7 : 0.35,
    configOf: ({ isCompacted, topic }) =>
      resolveTopicConfig({
        ...settings,
        ...(isCompacted ? { 'cleanup.policy': 'compact' } : {}),
        'flush.mode': synchronous.has(topic) ? 'sync' : 'async',
      }),
    next,
    fail,
  }
  let host = createSimHost(world, { name: 'broker', disk: { syncMs } })
  for (let lives = 1 + random.below(5); lives > 0 && failures.length === 0; lives--) {
    await live(host, storage)
    host = host.reboot()
  }
  if (failures.length > 0) return
  for (const isLast of [false, true]) {
    counts.lives!++
    const life = new StorageLife(host, storage)
    await life.open()
    for (let steps = isLast ? 0 : 30; steps > 0; steps--) life.step()
    await world.settle()
    life.checkAll()
    if (!(await life.close())) fail('the last life could not be stopped')
    for (const model of models) model.stopped()
    host.crash('power')
    host = host.reboot()
    checkFiles(host.disk, DATA_DIRECTORY, fail)
  }
}

/** Lives one life. */
async function live(host: SimHost, storage: StorageWorld): Promise<void> {
  const { random, counts, fail } = storage
  const { disk, world } = host
  const death = random.chance(0.6) ? 'power' : 'process'
  if (random.chance(0.8)) disk.crashAt(disk.calls + Math.floor(Math.exp(random.between(0, Math.log(800)))), death)
  const faultAt = random.chance(0.3) ? random.below(random.chance(0.3) ? 3 : 60) : -1
  const life = new StorageLife(host, storage)
  counts.lives!++
  let isStopped = false
  try {
    await life.open()
    if (random.chance(0.15)) life.slowDown()
    for (let steps = random.below(150), at = 0; at < steps && host.alive; at++) {
      if (at === faultAt) life.plantFault()
      if (!life.step()) break
      if (random.chance(0.2)) await world.runFor(random.between(0, 8))
    }
    if (host.alive && life.isAnySlow) {
      await world.runFor(life.flushMsMax)
      if (host.alive) life.checkUnhindered()
    }
    if (host.alive && random.chance(0.3)) isStopped = await life.close()
  } catch (error) {
    if (!(error instanceof SimCrash) && host.alive && faultAt < 0) fail((error as Error).stack!)
  }
  if (isStopped && host.alive) {
    for (const model of storage.models) model.stopped()
    host.crash('power')
  } else life.end(death)
}
