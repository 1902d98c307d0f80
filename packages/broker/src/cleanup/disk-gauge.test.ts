import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveBrokerConfig } from '@odradek/config'
import type { Disk, DiskSpace } from '../host/disk.ts'
import { DiskGauge } from './disk-gauge.ts'
import { diskStateOf, diskThresholds, usedPercent } from './disk-state.ts'

const MIB = 1024 * 1024
const TOTAL = 1000 * MIB

/** A disk of which only the room can be asked. */
class Room {
  used = 0
  asked = 0
  readonly disk = { space: () => this.space() } as unknown as Disk

  space(): DiskSpace {
    this.asked++
    return { totalBytes: TOTAL, usedBytes: this.used, freeBytes: TOTAL - this.used }
  }
}

function gaugeOf(room: Room, settings: Record<string, string> = {}) {
  const changes: string[] = []
  const gauge = new DiskGauge({
    disk: room.disk,
    path: '/data',
    config: () => resolveBrokerConfig({ static: settings }),
    changed: (now, before) => changes.push(`${before} to ${now.state}`),
  })
  return { gauge, changes }
}

describe('the gauge of a disk', () => {
  it('tells the state by what is used, above each threshold', () => {
    const room = new Room()
    const { gauge, changes } = gaugeOf(room)
    const states = [0, 750, 750.001, 850, 850.001, 900, 900.001, 950, 950.001, 1000].map((mib) => {
      room.used = mib * MIB
      return gauge.measure()
    })
    assert.deepEqual(states, [
      ...['roomy', 'roomy', 'expiring', 'expiring', 'forcing', 'forcing', 'refusing', 'refusing', 'full', 'full'],
    ])
    assert.deepEqual(changes, ['roomy to expiring', 'expiring to forcing', 'forcing to refusing', 'refusing to full'])
  })

  it('counts what a user can fill, without what is kept for root', () => {
    const space = { totalBytes: 1000, usedBytes: 400, freeBytes: 100 }
    assert.equal(usedPercent(space), 80)
    assert.equal(diskStateOf(400, diskThresholds(resolveBrokerConfig(), space)), 'expiring')
  })

  it('takes a threshold below the one before it for that one', () => {
    const config = resolveBrokerConfig({ dynamic: { 'disk.expire.above.percent': '92' } })
    const thresholds = diskThresholds(config, { totalBytes: 100, usedBytes: 0, freeBytes: 100 })
    assert.deepEqual(thresholds, { expiring: 92, forcing: 92, refusing: 92, full: 95 })
  })

  it('refuses clients above the one threshold, everybody above the other', () => {
    const room = new Room()
    const { gauge } = gaugeOf(room)
    const takes = (mib: number) => {
      room.used = mib * MIB
      gauge.measure()
      return [gauge.admitsFromClient(1), gauge.admits(1)]
    }
    assert.deepEqual(takes(899), [true, true])
    assert.deepEqual(takes(900), [false, true])
    assert.deepEqual(takes(949), [false, true])
    assert.deepEqual(takes(950), [false, false])
    assert.equal(gauge.refusedBatches, 4)
    assert.match(gauge.refusal, /^The broker's disk is 95\.0 % full, and takes no records above 90 %\. /)
  })

  it('says what producers are told also where the next batch would only go past a threshold', () => {
    const room = new Room()
    room.used = 899.9 * MIB
    const { gauge } = gaugeOf(room)
    gauge.look()
    assert.equal(gauge.admitsFromClient(MIB), false)
    assert.deepEqual([gauge.state, gauge.toldState], ['forcing', 'refusing'])
    assert.equal(gauge.admitsFromClient(1000), true)
    gauge.look()
    assert.equal(gauge.toldState, 'refusing', 'one came since the look before')
    gauge.look()
    assert.equal(gauge.toldState, 'forcing', 'nobody came any more')
    assert.equal(gauge.admitsFromClient(MIB), false)
    room.used = 890 * MIB
    gauge.measure()
    assert.equal(gauge.toldState, 'forcing', 'it would be taken now')
    room.used = 949.9 * MIB
    gauge.measure()
    assert.equal(gauge.admits(MIB), false)
    assert.deepEqual([gauge.state, gauge.toldState], ['refusing', 'full'])
    room.used = 100 * MIB
    gauge.measure()
    assert.equal(gauge.toldState, 'roomy')
  })

  it('is never outrun: however fast and large the writes, none goes past a threshold unseen', () => {
    for (const size of [1000, 100_000, 900_000, 20 * MIB]) {
      const room = new Room()
      const { gauge } = gaugeOf(room)
      while (gauge.admitsFromClient(size) && gauge.admits(size)) room.used += size
      assert.ok(room.used <= 900 * MIB, `${room.used / MIB} MiB`)
      assert.ok(room.used > 900 * MIB - size - 64 * 1024, `${room.used / MIB} MiB`)
      assert.ok(gauge.isAtLeast('forcing'))
      while (gauge.admits(size)) room.used += size
      assert.ok(room.used <= 950 * MIB)
    }
  })

  it('sees what others write, soon enough where there are eight of them', () => {
    const room = new Room()
    const gauges = Array.from({ length: 8 }, () => gaugeOf(room).gauge)
    for (let wrote = true; wrote; ) {
      wrote = false
      for (const gauge of gauges) {
        if (!gauge.admits(500_000)) continue
        room.used += 500_000
        wrote = true
      }
    }
    assert.ok(room.used <= 955 * MIB, `${room.used / MIB} MiB`)
  })

  it('is asked seldom while there is much room', () => {
    const room = new Room()
    const { gauge } = gaugeOf(room)
    for (; room.used < 500 * MIB; room.used += 1000) gauge.admits(1000)
    assert.ok(room.asked < 20, `${room.asked} times`)
  })

  it('takes records again as soon as there is room, without anybody looking', () => {
    const room = new Room()
    room.used = 960 * MIB
    const { gauge, changes } = gaugeOf(room)
    assert.deepEqual([gauge.admitsFromClient(100), gauge.admits(100)], [false, false])
    room.used = 500 * MIB
    assert.deepEqual([gauge.admitsFromClient(100), gauge.admits(100)], [true, true])
    assert.deepEqual(changes, ['roomy to full', 'full to roomy'])
  })

  it('lets room be reserved only below the first threshold', () => {
    const room = new Room()
    const { gauge } = gaugeOf(room)
    assert.ok(gauge.admitsReserve(64 * MIB))
    room.used = 700 * MIB
    gauge.measure()
    assert.ok(!gauge.admitsReserve(64 * MIB))
    assert.ok(gauge.admits(64 * MIB))
  })

  it('leaves it to the write where the disk does not answer', () => {
    const room = new Room()
    const { gauge } = gaugeOf(room)
    room.disk.space = () => {
      throw new Error('EIO')
    }
    assert.ok(gauge.admits(500 * MIB))
    assert.throws(() => gauge.measure(), /EIO/)
  })
})
