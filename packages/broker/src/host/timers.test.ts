import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { machines } from './testing/machines.ts'

for (const { name, open } of machines) {
  describe(`timers of the ${name} host`, () => {
    it('run in the order they are due, never early', async () => {
      await using machine = open()
      const { clock, timers } = machine.host
      // None is due before all are made, on whatever machine.
      const from = clock.monotonic() + 200
      const ran: number[] = []
      let early = 0
      for (const delayMs of [70, 3, 33, 0, 12.5, 31, 32, 64, 1]) {
        timers.after(from + delayMs - clock.monotonic(), () => {
          ran.push(delayMs)
          if (clock.monotonic() - from < delayMs) early++
        })
      }
      await machine.untilTrue(() => ran.length === 9)
      assert.deepEqual(ran, [0, 1, 3, 12.5, 31, 32, 33, 64, 70])
      assert.equal(early, 0)
    })

    it('run in the order they were made when they are due together', async () => {
      await using machine = open()
      const ran: number[] = []
      const { clock, timers } = machine.host
      const due = clock.monotonic() + 40
      for (let i = 0; i < 100; i++) timers.after(due - clock.monotonic(), () => ran.push(i))
      await machine.untilTrue(() => ran.length === 100)
      assert.deepEqual(
        ran,
        Array.from({ length: 100 }, (_, i) => i),
      )
    })

    it('do not run once cancelled, by anyone and however often', async () => {
      await using machine = open()
      const { timers } = machine.host
      const ran: string[] = []
      const cancelled = timers.after(1, () => ran.push('cancelled'))
      cancelled.cancel()
      cancelled.cancel()
      const later = timers.after(20, () => ran.push('cancelled by a timer'))
      timers.after(2, () => later.cancel())
      const done = timers.after(5, () => ran.push('ran'))
      timers.after(40, () => {
        done.cancel()
        ran.push('last')
      })
      await machine.untilTrue(() => ran.includes('last'))
      assert.deepEqual(ran, ['ran', 'last'])
    })

    it('may be made by timers', async () => {
      await using machine = open()
      const { timers } = machine.host
      let ticks = 0
      const tick = () => {
        ticks++
        if (ticks < 10) timers.after(1, tick)
      }
      timers.after(1, tick)
      await machine.untilTrue(() => ticks === 10)
    })

    it('end a turn after the event that asked for it, and its promises', async () => {
      await using machine = open()
      const { timers } = machine.host
      const order: string[] = []
      timers.after(1, () => {
        timers.endOfTurn(() => {
          order.push('end')
          timers.endOfTurn(() => order.push('end of the next turn'))
        })
        Promise.resolve().then(() => order.push('promise'))
        order.push('event')
      })
      await machine.untilTrue(() => order.length === 4)
      assert.deepEqual(order, ['event', 'promise', 'end', 'end of the next turn'])
    })
  })

  describe(`the clock of the ${name} host`, () => {
    it('tells whole milliseconds, and a time that does not go back', async () => {
      await using machine = open()
      const { clock, timers } = machine.host
      assert.ok(Number.isInteger(clock.now()))
      const before = clock.monotonic()
      let after = -1
      timers.after(5, () => {
        after = clock.monotonic()
      })
      await machine.untilTrue(() => after >= 0)
      assert.ok(after >= before + 5)
    })
  })

  describe(`randomness of the ${name} host`, () => {
    it('draws whole numbers below the bound, bytes and Kafka uuids', async () => {
      await using machine = open()
      const { random } = machine.host
      const drawn = new Set<number>()
      for (let i = 0; i < 500; i++) drawn.add(random.below(5))
      assert.deepEqual([...drawn].sort(), [0, 1, 2, 3, 4])
      assert.equal(random.bytes(33).length, 33)
      assert.notDeepEqual(random.bytes(33), random.bytes(33))
      const uuids = new Set<string>()
      for (let i = 0; i < 300; i++) uuids.add(random.uuid())
      assert.equal(uuids.size, 300)
      for (const uuid of uuids) {
        assert.match(uuid, /^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/)
        const bytes = Buffer.from(uuid, 'base64url')
        assert.equal(bytes[6]! >> 4, 4)
        assert.equal(bytes[8]! >> 6, 2)
      }
    })
  })
}
