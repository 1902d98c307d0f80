/**
 * Compaction while the log goes on living: records come, the end is cut off, the start moves, segments go, readers hold
 * ranges of what is replaced, memory ends a pass early. Each seed is a world; a failure names its seed.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveBrokerConfig, resolveTopicConfig } from '@odradek/config'
import type { FileRange } from '@odradek/protocol'
import type { Job, Offload } from '../host/offload.ts'
import { createSimHost, type SimHost } from '../host/sim/index.ts'
import type { Log } from '../storage/log.ts'
import { LogDirectory } from '../storage/log-directory.ts'
import { appendRecords, quiet, readAll, TOPIC_ID } from '../storage/testing/log-kit.ts'
import { verifyLog } from '../storage/verify.ts'
import { Compaction } from './compaction.ts'
import type { CompactionArgs } from './compaction-job.ts'

const SEEDS = 60
const STEPS = 60

/** What was appended and not cut off, by offset. */
type Model = Map<number, { readonly key: string; readonly value: string | null }>

function check(log: Log, model: Model, where: string): void {
  const found = new Map(readAll(log).map((record) => [record.offset, record]))
  const newest = new Map<string, number>()
  for (const [offset, { key }] of model) if (offset >= log.startOffset) newest.set(key, offset)
  for (const [key, offset] of newest) {
    const { value } = model.get(offset)!
    const record = found.get(offset)
    if (record === undefined && value === null) {
      // A tombstone may go in its time, after what it deletes.
      const older = [...found.values()].filter((one) => one.key === key)
      assert.deepEqual(older, [], `${where}: ${key} was deleted at ${offset}`)
      continue
    }
    assert.deepEqual([record?.key, record?.value], [key, value], `${where}: the newest record of ${key}, at ${offset}`)
  }
  for (const [offset, { key, value }] of found)
    assert.deepEqual({ key, value }, model.get(offset), `${where}: offset ${offset}`)
}

/** Jobs of few keys, so that passes end early, which answer some time after they have read what they read. */
function tight({ offload, timers, world: { random } }: SimHost): Offload {
  return {
    async run<Args, Result>(job: Job<Args, Result>, args: Args): Promise<Result> {
      const { keyBytesMax } = args as unknown as CompactionArgs
      const result = await offload.run(job, { ...args, keyBytesMax: random.chance(0.7) ? 0 : keyBytesMax })
      await new Promise<void>((resolve) => timers.after(random.below(60), resolve))
      return result
    },
    close: () => offload.close(),
  }
}

async function live(seed: number): Promise<{ passes: number; dropped: number }> {
  const host = createSimHost(seed)
  const { random } = host.world
  const directory = LogDirectory.open({ host, path: '/data', nodeId: 1, config: resolveBrokerConfig(), logger: quiet })
  directory.setClusterId('c')
  const config = resolveTopicConfig({
    'cleanup.policy': random.chance(0.5) ? 'compact' : 'compact,delete',
    'segment.bytes': '600',
    'index.interval.bytes': '100',
    'min.cleanable.dirty.ratio': random.chance(0.5) ? '0' : '0.3',
    'max.compaction.lag.ms': random.chance(0.5) ? '1000000' : '500',
    'delete.retention.ms': random.chance(0.5) ? '20' : '1000000',
    'file.delete.delay.ms': '100000',
  })
  const log = directory.openLog('t', 0, TOPIC_ID, config)
  const compaction = new Compaction({
    clock: host.clock,
    disk: host.disk,
    logger: quiet,
    offload: tight(host),
    config: resolveBrokerConfig,
    failed: (_, error) => assert.fail(error),
  })
  const model: Model = new Map()
  const held: { range: FileRange; bytes: Buffer }[] = []
  let limit = 0
  let dropped = 0
  for (let step = 0; step < STEPS; step++) {
    const where = `seed ${seed}, step ${step}`
    const { startOffset, endOffset } = log
    const action = random.below(12)
    if (action < 6) {
      for (let batch = 1 + random.below(6); batch > 0; batch--) {
        const records = Array.from({ length: 1 + random.below(3) }, () => ({
          key: `k${random.below(random.chance(0.5) ? 8 : 60)}${random.chance(0.1) ? 'long'.repeat(8) : ''}`,
          value: random.chance(0.1) ? null : 'x'.repeat(random.below(120)),
          timestamp: host.clock.now(),
        }))
        const { baseOffset } = appendRecords(log, records)
        for (const [at, { key, value }] of records.entries()) model.set(baseOffset + at, { key, value })
      }
      log.write()
    } else if (action === 6) {
      log.flushNow()
      limit = log.endOffset
    } else if (action === 7 && endOffset > limit) {
      const end = limit + random.below(endOffset - limit + 1)
      log.truncateTo(end)
      for (let offset = log.endOffset; offset < endOffset; offset++) model.delete(offset)
      dropped++
    } else if (action === 8 && limit > startOffset) {
      log.advanceStartOffset(startOffset + random.below(limit - startOffset + 1))
      dropped++
    } else if (action === 9 && log.segments().length > 2 && log.segments()[1]!.baseOffset <= limit) {
      log.deleteSegments(log.segments().slice(0, 1))
      dropped++
    } else if (action === 10 && limit > startOffset) {
      // As clients do: nothing that may be cut off.
      const { range } = log.read(startOffset + random.below(limit - startOffset), 500, limit, true)
      if (range !== null) held.push({ range, bytes: Buffer.from(log.readBatches(range)) })
    } else if (action === 11) log.roll()
    compaction.consider(log, limit)
    // Often less than a pass takes.
    await host.world.runFor(random.below(40))
    check(log, model, where)
  }
  await host.world.runFor(5000)
  check(log, model, `seed ${seed}, end`)
  for (const { range, bytes } of held) {
    // What was cut off is gone at once: nobody may read it.
    const again = readable(log, range)
    if (again !== null) assert.deepEqual(again, bytes, `seed ${seed}: what was being read`)
  }
  const { findings } = verifyLog(host.disk, log.directory, { deep: true })
  assert.deepEqual(
    findings.filter(({ severity }) => severity === 'error'),
    [],
    `seed ${seed}`,
  )
  await compaction.close()
  return { passes: compaction.totals.passes, dropped }
}

/** The bytes of a range, null where its file is gone. */
function readable(log: Log, range: FileRange): Buffer | null {
  try {
    const bytes = log.readBatches(range)
    return bytes.length === range.length ? bytes : null
  } catch (error) {
    assert.match(String((error as NodeJS.ErrnoException).code), /ENOENT|EBADF/)
    return null
  }
}

describe('compaction of a log that goes on living', () => {
  it(`never loses the newest record of a key, nor brings back what is gone, in ${SEEDS} worlds`, async () => {
    let passes = 0
    let dropped = 0
    for (let seed = 1; seed <= SEEDS; seed++) {
      const told = await live(seed)
      passes += told.passes
      dropped += told.dropped
    }
    assert.ok(passes > SEEDS * 3 && dropped > SEEDS * 3, `${passes} passes, ${dropped} cuts`)
  })
})
