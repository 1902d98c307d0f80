import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Timer } from '../clock.ts'
import { TimingWheel, WHEEL_TICKS_MAX } from './timing-wheel.ts'

describe('a timing wheel', () => {
  it('runs what a sorted list would, in the same order', () => {
    const far = fc.integer({ min: 0, max: 3_000_000_000 })
    const near = fc.integer({ min: 0, max: 3_000 })
    const close = fc.integer({ min: 0, max: 10 })
    const step = fc.record({
      kind: fc.constantFrom('add', 'add', 'add', 'cancel', 'skip', 'advance'),
      amount: fc.oneof(close, close, near, far),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
        const wheel = new TimingWheel()
        const ran: number[] = []
        const expected: number[] = []
        const timers: Timer[] = []
        let waiting: { id: number; due: number }[] = []
        let tick = 0
        const runDue = (upTo: number) => {
          const due = waiting.filter((timer) => timer.due <= upTo).sort((a, b) => a.due - b.due || a.id - b.id)
          for (const { id } of due) expected.push(id)
          waiting = waiting.filter((timer) => timer.due > upTo)
        }
        for (const { kind, amount } of steps) {
          if (kind === 'add') {
            const id = timers.length
            timers.push(wheel.add(tick + amount, () => ran.push(id)))
            waiting.push({ id, due: tick + amount })
          } else if (kind === 'cancel' && timers.length > 0) {
            const id = amount % timers.length
            timers[id]!.cancel()
            waiting = waiting.filter((timer) => timer.id !== id)
          } else if (kind === 'skip') {
            tick += amount
            wheel.skip(tick)
          } else {
            tick += amount
            runDue(tick)
            wheel.advance(tick)
          }
          const next = wheel.nextTick()
          const earliest = waiting.length === 0 ? -1 : Math.min(...waiting.map((timer) => timer.due))
          assert.equal(next < 0, earliest < 0)
          assert.ok(next <= earliest)
        }
        runDue(WHEEL_TICKS_MAX)
        wheel.advance(WHEEL_TICKS_MAX)
        assert.deepEqual(ran, expected)
        assert.equal(wheel.nextTick(), -1)
      }),
      { numRuns: 500 },
    )
  })

  it('runs a timer that a timer adds for the same tick', () => {
    const wheel = new TimingWheel()
    const ran: string[] = []
    wheel.add(5, () => {
      ran.push('first')
      wheel.add(5, () => ran.push('added'))
    })
    wheel.add(5, () => ran.push('second'))
    wheel.advance(5)
    assert.deepEqual(ran, ['first', 'second', 'added'])
  })

  it('keeps the others when one throws', () => {
    const wheel = new TimingWheel()
    let ran = 0
    wheel.add(1, () => {
      throw new Error('a bug')
    })
    wheel.add(1, () => ran++)
    assert.throws(() => wheel.advance(1), /a bug/)
    assert.equal(wheel.nextTick(), 1)
    wheel.advance(1)
    assert.equal(ran, 1)
  })

  it('wakes seldom for a timer that is far away', () => {
    const wheel = new TimingWheel()
    let ran = false
    wheel.add(123_456_789, () => {
      ran = true
    })
    let wakes = 0
    while (!ran) {
      wheel.advance(wheel.nextTick())
      wakes++
    }
    assert.ok(wakes <= 7, String(wakes))
  })
})
