/** Due times are wall clock, timers are not: what happens when the wall clock steps while records wait. */
import { equal } from 'node:assert/strict'
import { it } from 'node:test'
import { timedScene } from './timed-scene.ts'

const DELAY_MS = 60_000

it('a step forward makes due what the new time has passed, at once', () =>
  timedScene(async ({ host, send, delivered }) => {
    await send(DELAY_MS)
    equal(await delivered(DELAY_MS / 2), 0)
    host.clock.step(DELAY_MS)
    equal(await delivered(1_000), 1)
    equal(await delivered(2 * DELAY_MS), 1, 'once')
  }))

it('a step back makes it wait for the new time', () =>
  timedScene(async ({ host, send, delivered }) => {
    await send(DELAY_MS)
    host.clock.step(-DELAY_MS)
    equal(await delivered(1.5 * DELAY_MS), 0)
    equal(await delivered(0.5 * DELAY_MS + 100), 1)
    host.clock.step(-DELAY_MS)
    equal(await delivered(3 * DELAY_MS), 1, 'once')
  }))
