import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Disk } from '../disk.ts'
import { createSimHost, PAGE_BYTES, SimCrash, type SimDisk, type SimDiskOptions, type SimHost } from './index.ts'

const SEEDS = Array.from({ length: 120 }, (_, i) => i + 1)

describe('a power failure of a simulated disk', () => {
  it('never takes what a finished sync covered, and may take anything else', async () => {
    const outcomes = await outcomesOf(async ({ disk, world }) => {
      const file = disk.open('/data/log', 'create')
      disk.syncDirectory('/data')
      append(file, 'synced'.repeat(1_000))
      await world.complete(synced(file))
      append(file, 'unsynced'.repeat(1_000))
      return (after) => {
        const found = after.readFile('/data/log')!.toString()
        assert.equal(found.slice(0, 6_000), 'synced'.repeat(1_000))
        assert.ok(found.length <= 14_000)
        if (found.length === 6_000) return 'all gone'
        const rest = found.slice(6_000)
        if (rest === 'unsynced'.repeat(1_000)) return 'all there'
        if ('unsynced'.repeat(1_000).startsWith(rest)) return 'a beginning'
        return rest.includes('\0') ? 'holes' : 'something else'
      }
    })
    assert.deepEqual(Object.keys(outcomes).sort(), ['a beginning', 'all gone', 'all there', 'holes'])
  })

  it('never takes names that a finished sync of their directory covered, and may take those made since it began', async () => {
    const outcomes = await outcomesOf(async ({ disk, world }) => {
      disk.open('/data/before', 'create')
      const done = new Promise((resolve) => disk.syncDirectoryLater('/data', resolve))
      disk.open('/data/after', 'create')
      assert.equal(await world.complete(done), null)
      return (after) => {
        assert.ok(after.exists('/data/before'))
        return after.exists('/data/after') ? 'both' : 'one'
      }
    })
    assert.deepEqual(Object.keys(outcomes).sort(), ['both', 'one'])
  })

  it('may take what was written after a sync began, also in a page that it wrote', async () => {
    const outcomes = await outcomesOf(async ({ disk, world }) => {
      const file = disk.open('/data/log', 'create')
      disk.syncDirectory('/data')
      append(file, 'first')
      const done = synced(file)
      file.write(Buffer.from('FI'), 0, 2, 0)
      append(file, 'second')
      await world.complete(done)
      return (after) => {
        const found = after.readFile('/data/log')!.toString()
        assert.match(found, /^(fi|FI)rst/)
        return `${found.startsWith('FI') ? 'new' : 'old'} bytes, ${found.length === 11 ? 'new' : 'smaller'} size`
      }
    })
    const possible = [
      'new bytes, new size',
      'new bytes, smaller size',
      'old bytes, new size',
      'old bytes, smaller size',
    ]
    assert.deepEqual(Object.keys(outcomes).sort(), possible)
  })

  it('leaves a sync that was under way without an answer, its pages there or not', async () => {
    const outcomes = await outcomesOf(async ({ disk, world }) => {
      const file = disk.open('/data/log', 'create')
      append(file, 'a'.repeat(PAGE_BYTES))
      file.syncNow()
      disk.syncDirectory('/data')
      file.write(Buffer.alloc(PAGE_BYTES, 'b'), 0, PAGE_BYTES, 0)
      let answered = false
      file.sync(() => {
        answered = true
      })
      return async (after) => {
        await world.run()
        assert.equal(answered, false)
        const found = after.readFile('/data/log')!.toString()
        assert.equal(found.length, PAGE_BYTES)
        for (let sector = 0; sector < PAGE_BYTES; sector += 512) {
          assert.match(found.slice(sector, sector + 512), /^(a{512}|b{512})$/)
        }
        return found.includes('a') ? (found.includes('b') ? 'torn' : 'old') : 'new'
      }
    })
    assert.deepEqual(Object.keys(outcomes).sort(), ['new', 'old', 'torn'])
  })

  it('keeps what any of several overlapping syncs has finished', async () => {
    await outcomesOf(async ({ disk, world, random }) => {
      const file = disk.open('/data/log', 'create')
      disk.syncDirectory('/data')
      let written = 0
      let durable = 0
      for (let i = 0; i < 30; i++) {
        written += append(file, 'x'.repeat(1 + random.below(3_000)))
        const covered = written
        file.sync((error) => {
          assert.equal(error, null)
          durable = Math.max(durable, covered)
        })
        await world.runFor(random.below(3))
      }
      return (after) => {
        const found = after.readFile('/data/log')!
        assert.ok(found.length >= durable)
        assert.equal(found.subarray(0, durable).toString(), 'x'.repeat(durable))
        return 'kept'
      }
    })
  })

  it('takes a file whose directory was not synced, in the order of changes', async () => {
    const outcomes = await outcomesOf(async ({ disk }) => {
      for (const name of ['0', '1', '2']) disk.replaceFile(`/data/${name}`, name)
      for (const name of ['3', '4', '5']) disk.open(`/data/${name}`, 'create').syncNow()
      disk.remove('/data/0')
      return (after) => {
        const found = after.list('/data').map(({ name }) => name)
        const possible = ['012', '0123', '01234', '012345', '12345']
        assert.ok(possible.includes(found.join('')), found.join(''))
        for (const name of ['1', '2']) assert.equal(after.readFile(`/data/${name}`)!.toString(), name)
        return found.join('')
      }
    })
    assert.deepEqual(Object.keys(outcomes).sort(), ['012', '0123', '01234', '012345', '12345'])
  })

  it('takes a whole tree whose topmost name was not synced', async () => {
    const outcomes = await outcomesOf(async ({ disk }) => {
      disk.makeDirectory('/data/topic-0')
      disk.replaceFile('/data/topic-0/log', 'abc')
      return (after) => {
        if (!after.exists('/data/topic-0')) return 'gone'
        assert.equal(after.readFile('/data/topic-0/log')!.toString(), 'abc')
        return 'there'
      }
    })
    assert.deepEqual(Object.keys(outcomes).sort(), ['gone', 'there'])
  })

  it('never finds a file in two directories or in none when it was moved', async () => {
    const outcomes = await outcomesOf(async ({ disk, random }) => {
      disk.makeDirectory('/data/a')
      disk.makeDirectory('/data/b')
      disk.syncDirectory('/data')
      for (const name of ['1', '2', '3', '4']) disk.replaceFile(`/data/a/${name}`, name)
      for (const name of ['2', '4', '3', '1']) disk.rename(`/data/a/${name}`, `/data/b/${name}`)
      if (random.below(3) === 0) disk.syncDirectory('/data/b')
      return (after) => {
        const names = [...after.list('/data/a'), ...after.list('/data/b')].map(({ name }) => name)
        assert.deepEqual(names.sort(), ['1', '2', '3', '4'])
        return String(after.list('/data/b').length)
      }
    })
    assert.ok('0' in outcomes && '4' in outcomes && Object.keys(outcomes).length >= 4)
  })

  it('takes back a cut that was not synced, whole', async () => {
    const outcomes = await outcomesOf(async ({ disk }) => {
      disk.replaceFile('/data/log', 'x'.repeat(20_000))
      const file = disk.open('/data/log', 'write')
      file.truncate(5_000)
      return (after) => {
        const found = after.readFile('/data/log')!.toString()
        assert.equal(found.slice(0, 5_000), 'x'.repeat(5_000))
        assert.match(String(found.length), /^(5000|20000)$/)
        if (found.length > 5_000) assert.equal(found.slice(2 * PAGE_BYTES), 'x'.repeat(20_000 - 2 * PAGE_BYTES))
        return String(found.length)
      }
    })
    assert.deepEqual(Object.keys(outcomes).sort(), ['20000', '5000'])
  })

  it('never brings back what was cut off before a sync', async () => {
    await outcomesOf(async ({ disk, world }) => {
      disk.replaceFile('/data/log', 'x'.repeat(20_000))
      const file = disk.open('/data/log', 'write')
      file.truncate(5_000)
      await world.complete(synced(file))
      file.truncate(20_000)
      append(file, 'y')
      return (after) => {
        const found = after.readFile('/data/log')!.toString()
        assert.equal(found.slice(0, 5_000), 'x'.repeat(5_000))
        assert.match(found.slice(5_000), /^\0*y?$/)
        return 'cut'
      }
    })
  })

  it('finds a replaced file old or new, at whatever call the power fails', () => {
    const found = new Set<string>()
    for (const seed of SEEDS.slice(0, 30)) {
      for (let call = 1; ; call++) {
        const { disk } = dataHost(seed)
        disk.replaceFile('/data/meta', 'old'.repeat(3_000))
        const before = disk.calls
        disk.crashAt(before + call)
        let crashed = false
        try {
          disk.replaceFile('/data/meta', 'new'.repeat(2_000))
        } catch (error) {
          assert.ok(error instanceof SimCrash)
          crashed = true
        }
        if (!crashed) {
          assert.equal(disk.calls, before + call - 1)
          break
        }
        const contents = disk.reboot().readFile('/data/meta')!.toString()
        assert.ok(contents === 'old'.repeat(3_000) || contents === 'new'.repeat(2_000), contents.slice(0, 9))
        found.add(contents.slice(0, 3))
      }
    }
    assert.deepEqual([...found].sort(), ['new', 'old'])
  })

  it('leaves a state that is durable: a second one takes nothing more', () => {
    for (const seed of SEEDS.slice(0, 40)) {
      const { disk } = dataHost(seed)
      append(disk.open('/data/log', 'create'), 'abc'.repeat(5_000))
      disk.replaceFile('/data/meta', 'kept')
      const once = disk.reboot()
      const found = once.readFile('/data/log')
      once.crash()
      assert.deepEqual(once.reboot().readFile('/data/log'), found)
    }
  })
})

describe('the death of a simulated process', () => {
  it('keeps every call before the one at which a process is killed', () => {
    const found = new Set<string>()
    for (const seed of SEEDS) {
      const { disk } = dataHost(seed)
      const file = disk.open('/data/log', 'create')
      disk.crashAt(disk.calls + 4, 'process')
      append(file, 'first')
      assert.throws(() => append(file, 'second'), SimCrash)
      found.add(disk.reboot().readFile('/data/log')!.toString())
    }
    assert.deepEqual([...found].sort(), ['first', 'firstsec', 'firstsecond'])
  })

  it('throws from the call it happens at and from every later one', () => {
    const { disk } = dataHost(1)
    const file = disk.open('/data/log', 'create')
    disk.crashAt(disk.calls + 3)
    append(file, 'a')
    assert.throws(() => disk.list('/data'), SimCrash)
    assert.throws(() => append(file, 'b'), SimCrash)
    assert.throws(() => disk.exists('/data'), SimCrash)
    file.close()
  })

  it('leaves the page cache when it was killed', () => {
    const { disk } = dataHost(3)
    const file = disk.open('/data/log', 'create')
    append(file, 'never synced')
    disk.crash('process')
    const after = disk.reboot()
    assert.equal(after.readFile('/data/log')!.toString(), 'never synced')
  })

  it('ends locks', () => {
    for (const death of ['process', 'power'] as const) {
      const { disk } = dataHost(4)
      assert.notEqual(disk.lock('/data/.lock'), null)
      disk.crash(death)
      const after = disk.reboot()
      assert.notEqual(after.lock('/data/.lock'), null)
      assert.equal(after.lock('/data/.lock'), null)
    }
  })

  it('comes between the steps of removing a directory', async () => {
    const left = new Set<number>()
    for (const seed of SEEDS.slice(0, 30)) {
      const { disk, world } = dataHost(seed)
      disk.makeDirectory('/data/d')
      for (let i = 0; i < 5; i++) disk.replaceFile(`/data/d/${i}`, 'x')
      disk.removeDirectory('/data/d').catch(() => {})
      disk.crashAt(disk.calls + 1 + (seed % 7))
      await world.run()
      disk.crash('process')
      const after = disk.reboot()
      left.add(after.exists('/data/d') ? after.list('/data/d').length : -1)
    }
    assert.ok(left.size > 2)
  })
})

describe('faults of a simulated disk', () => {
  it('fail the next call of a kind with the code asked for', async () => {
    const { disk, world } = dataHost(1)
    const file = disk.open('/data/log', 'create')
    disk.failNext('write', 'EIO')
    assert.throws(() => append(file, 'a'), { code: 'EIO' })
    append(file, 'a')
    disk.failNext('open', 'EMFILE', 2)
    for (let i = 0; i < 2; i++) assert.throws(() => disk.open('/data/log', 'read'), { code: 'EMFILE' })
    disk.open('/data/log', 'read').close()
    disk.failNext('sync', 'EIO')
    await assert.rejects(world.complete(synced(file)), { code: 'EIO' })
    disk.failNext('sync', 'EIO')
    assert.throws(() => file.syncNow(), { code: 'EIO' })
  })

  it('lose for good what a failed sync covered, though later syncs succeed', async () => {
    await outcomesOf(async ({ disk, world }) => {
      const file = disk.open('/data/log', 'create')
      append(file, 'a'.repeat(PAGE_BYTES))
      file.syncNow()
      disk.syncDirectory('/data')
      file.write(Buffer.alloc(PAGE_BYTES, 'b'), 0, PAGE_BYTES, 0)
      disk.failNext('sync', 'EIO')
      await assert.rejects(world.complete(synced(file)), { code: 'EIO' })
      await world.complete(synced(file))
      assert.equal(disk.readFile('/data/log')!.toString(), 'b'.repeat(PAGE_BYTES))
      return (after) => {
        assert.equal(after.readFile('/data/log')!.toString(), 'a'.repeat(PAGE_BYTES))
        return 'lost'
      }
    })
  })

  it('are told to the next sync of a file, once, where a sync of the whole file system lost its pages', async () => {
    const { disk, world } = dataHost(1)
    const file = disk.open('/data/log', 'create')
    const clean = disk.open('/data/clean', 'create')
    append(file, 'a')
    disk.failNext('sync', 'EIO')
    await assert.rejects(world.complete(disk.openFileSystemSync('/data').sync()), { code: 'EIO' })
    clean.syncNow()
    await assert.rejects(world.complete(synced(file)), { code: 'EIO' })
    await world.complete(synced(file))
  })

  it('refuse what does not fit, and take it when there is room again', () => {
    const { disk } = dataHost(1, { capacityBytes: 10 * PAGE_BYTES })
    const file = disk.open('/data/log', 'create')
    append(file, 'a'.repeat(6 * PAGE_BYTES + 10))
    assert.equal(disk.space('/data').freeBytes, 3 * PAGE_BYTES)
    disk.leaveFree(PAGE_BYTES)
    assert.equal(disk.space('/data').freeBytes, PAGE_BYTES)
    const other = disk.open('/data/other', 'create')
    assert.throws(() => append(other, 'c'.repeat(2 * PAGE_BYTES)), { code: 'ENOSPC' })
    other.close()
    disk.remove('/data/other')
    disk.leaveFree(Number.POSITIVE_INFINITY)
    assert.equal(disk.space('/data').freeBytes, 3 * PAGE_BYTES)
    assert.throws(() => append(file, 'b'.repeat(5 * PAGE_BYTES)), { code: 'ENOSPC' })
    assert.equal(file.size(), 10 * PAGE_BYTES)
    assert.equal(disk.space('/data').freeBytes, 0)
    file.write(Buffer.from('over'), 0, 4, 0)
    file.truncate(PAGE_BYTES)
    assert.equal(disk.space('/data').freeBytes, 9 * PAGE_BYTES)
    // An open file's pages are in use until it is closed.
    disk.remove('/data/log')
    assert.equal(disk.space('/data').freeBytes, 9 * PAGE_BYTES)
    file.close()
    assert.equal(disk.space('/data').freeBytes, 10 * PAGE_BYTES)
    disk.replaceFile('/data/a', 'x')
    disk.replaceFile('/data/b', 'y')
    disk.rename('/data/a', '/data/b')
    assert.equal(disk.space('/data').freeBytes, 9 * PAGE_BYTES)
    disk.syncDirectory('/data')
    assert.equal(disk.reboot().space('/data').freeBytes, 9 * PAGE_BYTES)
  })
})

/**
 * Lets `act` work on the disk of a host, the power fail, and what it returned look at what is left; for many seeds.
 * Counts the outcomes by name.
 */
async function outcomesOf(
  act: (host: SimHost) => Promise<(after: SimDisk) => string | Promise<string>>,
): Promise<Record<string, number>> {
  const outcomes: Record<string, number> = {}
  for (const seed of SEEDS) {
    const host = dataHost(seed)
    try {
      const judge = await act(host)
      host.crash()
      const outcome = await judge(host.disk.reboot())
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error })
    }
  }
  return outcomes
}

function dataHost(seed: number, disk: SimDiskOptions = {}): SimHost {
  const host = createSimHost(seed, { disk })
  host.disk.makeDirectory('/data')
  host.disk.syncDirectory('/')
  return host
}

function append(file: ReturnType<Disk['open']>, text: string): number {
  const bytes = Buffer.from(text)
  file.write(bytes, 0, bytes.length, file.size())
  return bytes.length
}

function synced(file: ReturnType<Disk['open']>): Promise<void> {
  return new Promise((resolve, reject) => {
    file.sync((error) => (error === null ? resolve() : reject(error)))
  })
}
