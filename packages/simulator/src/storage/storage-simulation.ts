/**
 * The real storage code on a disk that fails, without a broker around it: cheap enough for thousands of seeds.
 *
 *   open ▶ check what is there ▶ any operations in any order ▶ crash (power, kill, failed call) or stop ▶ … ▶ last life: stop
 *   in good order ▶ check the files ▶ open ▶ check again
 */
import { createSimHost, SimCrash, type SimHost, SimWorld } from '@odradek/broker/src/host/sim/index.ts'
import { resolveTopicConfig } from '@odradek/config'
import { checkFiles } from '../check-files.ts'
import { type Outcome, runToItsEnd } from '../outcome.ts'
import { LogModel, topicIdOf } from './log-model.ts'
import { focusAt, focusNamed } from './storage-focus.ts'
import { StorageLife } from './storage-life.ts'
import { DATA_DIRECTORY, type StorageWorld } from './storage-world.ts'

/** Of a life that is brief. */
const BRIEF_STEPS_MAX = 3

export interface StorageOptions {
  /** Lines of the trace that are kept [200]. */
  readonly traceLinesMax?: number
  /** What the world is about, by its name in storage-focus.ts [by the seed]. */
  readonly about?: string
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
  const ended = await runToItsEnd(seed, world, () => run(world, options, failures, counts, fail), fail)
  return { ...ended, failures, counts }
}

async function run(
  world: SimWorld,
  { about }: StorageOptions,
  failures: readonly string[],
  counts: Record<string, number>,
  fail: (problem: string) => void,
): Promise<void> {
  const random = world.random.fork()
  const pick = <T>(...choices: readonly T[]): T => choices[random.below(choices.length)]!
  const drawn = focusAt(random.below(100))
  const focus = about === undefined ? drawn : focusNamed(about)
  if (focus.name.startsWith('crowd')) counts.crowds!++
  const settings = {
    'segment.bytes': pick(...focus.segmentBytes),
    'index.interval.bytes': pick('0', '100', '400'),
    'file.delete.delay.ms': pick('0', '20'),
    'min.cleanable.dirty.ratio': '0',
  }
  let numbers = 0
  const next = () => ++numbers
  const models = Array.from({ length: focus.logsMin + random.below(3) }, (_, at) => {
    return new LogModel(`t${at}`, 0, topicIdOf(next()), random.chance(focus.compactedChance))
  })
  const synchronous = new Set(models.filter(() => random.chance(focus.syncChance)).map(({ topic }) => topic))
  const syncMs = pick(0.5, 2, 20)
  const storage: StorageWorld = {
    random,
    focus,
    syncMs,
    models,
    counts,
    markBytes: pick(...focus.markBytes),
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
    const life = new StorageLife(host, storage, null)
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
  const { random, counts, fail, focus } = storage
  const { disk, world } = host
  // What a kill left is believed for a moment, and then the power fails: what was not made durable again is gone.
  const isAftermath = storage.models.some(({ ended }) => ended === 'process') && random.chance(focus.briefChance)
  const death = isAftermath || !random.chance(focus.killChance) ? 'power' : 'process'
  if (!isAftermath && random.chance(focus.anyCallChance))
    disk.crashAt(disk.calls + Math.floor(Math.exp(random.between(0, Math.log(800)))), death)
  const faultAt = random.chance(focus.faultChance) ? random.below(random.chance(0.3) ? 3 : 60) : -1
  const life = new StorageLife(host, storage, death)
  counts.lives!++
  let isStopped = false
  try {
    await life.open()
    if (random.chance(0.15)) life.slowDown()
    const stepsMax = isAftermath ? BRIEF_STEPS_MAX : focus.stepsMax
    for (let steps = random.below(stepsMax), at = 0; at < steps && host.alive; at++) {
      if (at === faultAt) life.plantFault()
      if (!life.step()) break
      if (random.chance(focus.pauseChance)) await world.runFor(random.between(0, 8))
    }
    if (host.alive && life.isAnySlow) {
      await world.runFor(life.flushMsMax)
      if (host.alive) life.checkUnhindered()
    }
    if (host.alive && !isAftermath && random.chance(0.3)) isStopped = await life.close()
  } catch (error) {
    if (!(error instanceof SimCrash) && host.alive && faultAt < 0) fail((error as Error).stack!)
  }
  if (isStopped && host.alive) {
    for (const model of storage.models) model.stopped()
    host.crash('power')
  } else life.end(death)
}
