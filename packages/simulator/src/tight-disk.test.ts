/** Worlds in which the disk is always too full: the oldest segments go before their time, through crashes and faults. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { simulate } from './simulation.ts'

const SEEDS = 30

it(`a broker that makes room all the time loses nothing else, in ${SEEDS} worlds`, async () => {
  let forced = 0
  let acknowledged = 0
  for (let seed = 5001; seed < 5001 + SEEDS; seed++) {
    const { failures, counts } = await simulate(seed, { hasTightDisk: true })
    assert.deepEqual(failures, [], `seed ${seed} failed`)
    forced += counts.forced!
    acknowledged += counts.acknowledged!
  }
  assert.ok(forced > SEEDS && acknowledged > 100 * SEEDS, `${forced} segments, ${acknowledged} batches`)
})
