import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HonestFigures } from './honest-figures.ts'
import type { Sample } from './sample.ts'
import { judge, type Phase } from './verdict.ts'

const CYCLES = 9

/** Three samples a phase; `resident` gives the MB of a cycle. */
function samplesOf(resident: (cycle: number, phase: Sample['phase']) => number): Sample[] {
  return Array.from({ length: CYCLES }, (_, cycle) => cycle).flatMap((cycle) =>
    (['quiet', 'attack'] as const).flatMap((phase) =>
      [0, 1, -1].map((noise, index) => ({
        at: 10 * cycle + index,
        phase,
        cycle,
        residentMegabytes: resident(cycle, phase) + noise,
        heapMegabytes: 40,
        externalMegabytes: 10,
        files: 50,
        connections: 8,
        loopLate: 0,
        logLines: 0,
      })),
    ),
  )
}

/** Quiet and attack in turns, and a last quiet phase; `p99` gives the milliseconds of a cycle's phase. */
function phasesOf(p99: (cycle: number, phase: Sample['phase']) => number): Phase[] {
  const of = (cycle: number, phase: Sample['phase']): Phase => {
    const ms = p99(cycle, phase)
    const honest: HonestFigures = {
      requests: 100,
      produceP50: ms / 2,
      produceP99: ms,
      produceMax: ms,
      records: 100,
      deliverP50: ms / 2,
      deliverP99: ms + 1,
      deliverMax: ms + 1,
    }
    return { phase, cycle, seconds: 10, honest }
  }
  const phases = Array.from({ length: CYCLES }, (_, cycle) => [of(cycle, 'quiet'), of(cycle, 'attack')]).flat()
  return [...phases, of(CYCLES - 1, 'quiet')]
}

const still = () => 1
const calm = (_cycle: number, phase: Sample['phase']) => (phase === 'attack' ? 3 : 2)

test('a broker that grows at first and then stays stood it', () => {
  const verdict = judge(
    samplesOf((cycle) => 200 + 100 * Math.min(cycle, 3)),
    phasesOf(calm),
    [],
  )
  assert.deepEqual(verdict.problems, [])
  assert.equal(verdict.produceRatio, 1.5)
})

test('memory that goes on growing is seen, in attacks or between them', () => {
  for (const grows of ['quiet', 'attack'] as const) {
    const samples = samplesOf((cycle, phase) => 300 + (phase === grows ? 10 * cycle : 0))
    const { problems } = judge(samples, phasesOf(calm), [])
    assert.deepEqual(problems, [`residentMegabytes in ${grows} phases rose by 50.0; 17.8 is flat`])
  }
})

test('honest clients that wait more than twice as long are seen, unless it was once', () => {
  const slow = judge(
    samplesOf(still),
    phasesOf((_, phase) => (phase === 'attack' ? 5 : 2)),
    [],
  )
  assert.equal(slow.produceRatio, 2.5)
  assert.deepEqual(slow.problems, ['the p99 of honest requests was 2.50 × that of quiet phases'])
  const once = judge(
    samplesOf(still),
    phasesOf((cycle, phase) => (phase === 'attack' && cycle === 4 ? 500 : 2)),
    [],
  )
  assert.deepEqual(once.problems, [])
})

test('what the log should not have said is a problem', () => {
  assert.deepEqual(judge(samplesOf(still), phasesOf(calm), ['a stack']).problems, ['a stack'])
})
