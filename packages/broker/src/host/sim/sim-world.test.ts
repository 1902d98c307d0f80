import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSimHost, type SimHost, SimRandom, SimWorld } from './index.ts'

describe('a simulated world', () => {
  it('does the same for the same seed, to the last line of its trace', async () => {
    const first = await busyWorld(42)
    const second = await busyWorld(42)
    assert.ok(first.steps > 1_000)
    assert.deepEqual(first.trace.lines(), second.trace.lines())
    assert.equal(first.trace.fingerprint, second.trace.fingerprint)
    assert.equal(first.steps, second.steps)
    const other = await busyWorld(43)
    assert.notEqual(first.trace.fingerprint, other.trace.fingerprint)
  })

  it('passes no real time', async () => {
    const host = createSimHost(1)
    const started = host.clock.now()
    let ran = false
    host.timers.after(40 * 24 * 3600 * 1000, () => {
      ran = true
    })
    await host.world.run()
    assert.equal(ran, true)
    assert.equal(host.clock.now(), started + 40 * 24 * 3600 * 1000)
  })

  it('goes on for a while, until something holds, or until only timers wait', async () => {
    const { world, timers, disk } = createSimHost(1)
    let ticks = 0
    const tick = () => {
      ticks++
      timers.after(10, tick)
    }
    timers.after(10, tick)
    await world.runFor(95)
    assert.equal(ticks, 9)
    assert.equal(world.time, 95)
    await world.runUntil(() => ticks === 20)
    assert.equal(world.time, 200)
    let synced = false
    disk.open('/log', 'create').sync(() => {
      synced = true
    })
    await world.settle()
    assert.equal(synced, true)
    assert.equal(await world.complete(new Promise((resolve) => timers.after(5, () => resolve('done')))), 'done')
  })

  it('holds a life as SIGSTOP does: what is due meanwhile is done afterwards, in order, with a clock that went on', async () => {
    const { world, timers, clock, hold } = createSimHost(1)
    const done: string[] = []
    for (const ms of [10, 30, 20]) timers.after(ms, () => done.push(`${ms} at ${clock.monotonic()}`))
    timers.after(70, () => done.push(`70 at ${clock.monotonic()}`))
    timers.after(5, () => hold(45))
    await world.run()
    assert.deepEqual(done, ['10 at 50', '20 at 50', '30 at 50', '70 at 70'])
  })

  it('says its seed when it can not go on', async () => {
    const { world, timers } = createSimHost(77)
    await assert.rejects(
      world.runUntil(() => false),
      /nothing is left to do.*seed 77/,
    )
    timers.after(5, () => {
      throw new Error('a bug')
    })
    await assert.rejects(world.run(), /a bug \(seed 77, at 5\.000 ms\)/)
    const short = createSimHost(new SimWorld(78, { stepsMax: 100 }))
    const tick = () => {
      short.timers.after(1, tick)
    }
    tick()
    await assert.rejects(short.world.run(), /no end after 100 steps \(seed 78/)
  })

  it('takes events that are near into one turn, sometimes', async () => {
    const together: number[] = []
    for (let seed = 1; seed <= 40; seed++) {
      const { world, timers } = createSimHost(seed)
      let turns = 0
      let asked = false
      const event = () => {
        if (asked) return
        asked = true
        timers.endOfTurn(() => {
          asked = false
          turns++
        })
      }
      for (let i = 0; i < 4; i++) timers.after(1, event)
      await world.run()
      together.push(turns)
    }
    assert.ok(new Set(together).size >= 3)
  })

  it('keeps the last lines of its trace', () => {
    const world = new SimWorld(1, { traceLinesMax: 3 })
    for (let i = 0; i < 20; i++) world.note(null, `line ${i}`)
    assert.deepEqual(world.trace.lines(), ['0.000 - line 17', '0.000 - line 18', '0.000 - line 19'])
    assert.match(String(world.trace), /line 18\n/)
  })
})

describe('a simulated clock', () => {
  it('can be stepped, which the monotonic one does not notice', async () => {
    const { clock, world } = createSimHost(1)
    await world.runFor(1_000)
    const before = clock.now()
    clock.step(-3_600_000)
    assert.equal(clock.now(), before - 3_600_000)
    assert.equal(clock.monotonic(), 1_000)
  })
})

describe('a simulated host that crashes', () => {
  it('does nothing more, and its next life finds its disk', async () => {
    const host = createSimHost(5)
    const { world } = host
    const ran: string[] = []
    host.disk.replaceFile('/kept', 'kept')
    host.timers.after(10, () => ran.push('timer'))
    host.timers.endOfTurn(() => ran.push('turn'))
    host.disk.open('/kept', 'write').sync(() => ran.push('sync'))
    host.offload.run({ module: 'job.ts', run: () => ran.push('job') }, null)
    host.crash()
    assert.equal(host.alive, false)
    const next = host.reboot()
    next.timers.after(5, () => ran.push('next life'))
    await world.run()
    assert.deepEqual(ran, ['next life'])
    assert.equal(next.disk.readFile('/kept')!.toString(), 'kept')
    assert.equal(next.name, host.name)
  })

  it('crashes in the middle of an event and leaves the others alone', async () => {
    const world = new SimWorld(6)
    const first = createSimHost(world, { name: 'first' })
    const second = createSimHost(world, { name: 'second' })
    const ran: string[] = []
    first.disk.crashAt(1)
    first.timers.after(1, () => {
      first.disk.makeDirectory('/data')
      ran.push('never')
    })
    second.timers.after(2, () => ran.push('second'))
    await world.run()
    assert.equal(first.alive, false)
    assert.equal(second.alive, true)
    assert.deepEqual(ran, ['second'])
  })
})

describe('seeded randomness', () => {
  it('repeats itself, and differs by seed and by fork', () => {
    const draw = (random: SimRandom) => Array.from({ length: 20 }, () => random.next())
    assert.deepEqual(draw(new SimRandom(1)), draw(new SimRandom(1)))
    const random = new SimRandom(1)
    const streams = [draw(new SimRandom(2)), draw(random.fork()), draw(random.fork()), draw(random)]
    assert.equal(new Set(streams.map(String)).size, 4)
  })

  it('is even', () => {
    const random = new SimRandom(9)
    const counts = new Array(10).fill(0)
    let heads = 0
    for (let i = 0; i < 100_000; i++) {
      counts[random.below(10)]++
      if (random.chance(0.3)) heads++
    }
    for (const count of counts) assert.ok(Math.abs(count - 10_000) < 500, String(counts))
    assert.ok(Math.abs(heads - 30_000) < 1_000, String(heads))
    for (let i = 0; i < 1_000; i++) {
      const drawn = random.between(3, 4)
      assert.ok(drawn >= 3 && drawn < 4)
    }
  })
})

/** Everything a host offers, used at once. */
async function busyWorld(seed: number): Promise<SimWorld> {
  const world = new SimWorld(seed)
  const server = createSimHost(world, { name: 'server', address: '10.0.0.1' })
  const client = createSimHost(world, { name: 'client', address: '10.0.0.2' })
  await world.complete(
    server.network.listen({ host: '0.0.0.0', port: 9092 }, (connection) => {
      const file = server.disk.open(`/${connection.remotePort}`, 'create')
      connection.start({
        data(buffer, _view, start, end) {
          file.write(buffer, start, end, file.size())
          file.sync(() => connection.send(Buffer.alloc(10), 0, 10, [], () => {}))
        },
        ended: () => connection.end(),
        drained() {},
        closed: () => file.close(),
      })
    }),
  )
  for (let i = 0; i < 5; i++) talk(client, i)
  await world.runFor(200)
  server.crash()
  const next = server.reboot()
  next.disk.list('/')
  await world.run()
  return world
}

function talk(client: SimHost, index: number): void {
  const connection = client.network.connect({ host: '10.0.0.1', port: 9092 })
  const speak = () => {
    const bytes = client.random.bytes(client.random.below(5_000))
    connection.send(bytes, 0, bytes.length, [], () => {})
    client.timers.after(client.random.below(20), rounds-- > 0 ? speak : () => connection.end())
  }
  let rounds = 10 + index
  connection.start({ data() {}, ended() {}, drained() {}, closed() {} })
  speak()
}
