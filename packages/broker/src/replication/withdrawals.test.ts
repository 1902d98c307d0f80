import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errors } from '@odradek/protocol'
import { Turn } from '../host/turn.ts'
import { Withdrawals } from './withdrawals.ts'

/** The metadata that is told, and time that stands still until somebody looks at the clock. */
class Scene {
  readonly told: string[] = []
  readonly known: string[] = []
  answers: number[] = []
  readonly #ends: (() => void)[] = []
  readonly #later: (() => void)[] = []
  readonly withdrawals = new Withdrawals({
    timers: { after: (_ms, run) => this.#after(run), endOfTurn: (run) => void this.#ends.push(run) },
    turn: new Turn({ after: () => ({ cancel() {} }), endOfTurn: (run) => void this.#ends.push(run) }),
    withdraw: async (topicId, indexes) => {
      this.told.push(`${topicId} ${indexes}`)
      return this.answers.shift() ?? 0
    },
    withdrawn: (topicId) => void this.known.push(topicId),
  })

  #after(run: () => void): { cancel(): void } {
    this.#later.push(run)
    return { cancel: () => void this.#later.splice(0) }
  }

  /** The turn ends, and what was asked is answered. */
  async endTurn(): Promise<void> {
    for (const run of this.#ends.splice(0)) run()
    await new Promise(setImmediate)
  }

  /** As long as is waited for anything. */
  async later(): Promise<void> {
    for (const run of this.#later.splice(0)) run()
    await this.endTurn()
  }
}

describe('replicas that are out of use', () => {
  it('are told of together, once in a turn', async () => {
    const scene = new Scene()
    for (const index of [2, 0, 2]) scene.withdrawals.add('t', index)
    scene.withdrawals.add('u', 1)
    assert.deepEqual(scene.told, [])
    await scene.endTurn()
    assert.deepEqual(
      [scene.told, scene.known],
      [
        ['t 2,0', 'u 1'],
        ['t', 'u'],
      ],
    )
    await scene.later()
    assert.equal(scene.told.length, 2)
  })

  it('are told of again until the metadata has them, with those that came meanwhile', async () => {
    const scene = new Scene()
    scene.answers = [errors.REQUEST_TIMED_OUT.code]
    scene.withdrawals.add('t', 0)
    await scene.endTurn()
    assert.deepEqual([scene.told, scene.known], [['t 0'], []])
    scene.answers = [errors.REQUEST_TIMED_OUT.code, 0]
    scene.withdrawals.add('t', 1)
    const settled = scene.withdrawals.settled().then(() => scene.known.push('settled'))
    await scene.endTurn()
    await scene.later()
    await settled
    assert.deepEqual([scene.told.at(-1), scene.known], ['t 0,1', ['t', 'settled']])
  })

  it('are not told of twice at a time, but again where the metadata took them back', async () => {
    const scene = new Scene()
    scene.withdrawals.add('t', 0)
    const ended = scene.endTurn()
    scene.withdrawals.add('t', 0)
    await ended
    await scene.endTurn()
    assert.deepEqual([scene.told, scene.known], [['t 0'], ['t']])
    scene.withdrawals.add('t', 0)
    await scene.endTurn()
    assert.deepEqual(scene.told, ['t 0', 't 0'])
  })

  it('are told of no more when their topic is gone, or the broker stops', async () => {
    const scene = new Scene()
    scene.answers = [errors.UNKNOWN_TOPIC_ID.code, errors.REQUEST_TIMED_OUT.code]
    scene.withdrawals.add('gone', 0)
    await scene.endTurn()
    await scene.later()
    scene.withdrawals.add('t', 0)
    await scene.endTurn()
    scene.withdrawals.close()
    scene.withdrawals.add('t', 1)
    await scene.later()
    assert.deepEqual([scene.told, scene.known], [['gone 0', 't 0'], []])
  })
})
