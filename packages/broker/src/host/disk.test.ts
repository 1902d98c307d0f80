import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Disk, ZEROS_BYTES_MAX } from './disk.ts'
import { machines } from './testing/machines.ts'

for (const { name, open } of machines) {
  describe(`a disk of the ${name} host`, () => {
    it('reads what was written, across pages, and nothing past the end', async () => {
      await using machine = open()
      const file = machine.host.disk.open(`${machine.directory}/a`, 'create')
      const written = patterned(10_000)
      file.write(written, 100, 9_000, 3_000)
      assert.equal(file.size(), 11_900)
      const read = Buffer.alloc(20_000, 1)
      assert.equal(file.read(read, 5, 20_000, 3_000), 8_900)
      assert.deepEqual(read.subarray(5, 8_905), written.subarray(100, 9_000))
      assert.equal(read[4], 1)
      assert.equal(read[8_905], 1)
      assert.equal(file.read(read, 0, 100, 11_900), 0)
      assert.equal(file.read(read, 0, 100, 50_000), 0)
      assert.equal(file.read(read, 0, 3_000, 0), 3_000)
      assert.deepEqual(read.subarray(0, 3_000), Buffer.alloc(3_000))
      file.close()
    })

    it('writes bytes with zeros behind them, over what is there and past the end', async () => {
      await using machine = open()
      const { disk } = machine.host
      const file = disk.open(`${machine.directory}/a`, 'create')
      const written = patterned(30_000)
      file.write(written, 0, 30_000, 0)
      assert.equal(file.writeWithZeros(written, 1, 20_001, 10_000, 10_000 + 20_000 + ZEROS_BYTES_MAX), true)
      assert.equal(file.size(), 30_000 + ZEROS_BYTES_MAX)
      assert.equal(file.writeWithZeros(written, 2, 9, 20_000, 20_007), true, 'no zeros')
      assert.equal(file.writeWithZeros(written, 3, 10, 25_000, 26_000), true, 'zeros over what is there')
      const expected = Buffer.concat([
        written.subarray(0, 10_000),
        written.subarray(1, 10_001),
        written.subarray(2, 9),
        written.subarray(10_008, 15_001),
        written.subarray(3, 10),
        Buffer.alloc(993),
        written.subarray(16_001, 20_001),
        Buffer.alloc(ZEROS_BYTES_MAX),
      ])
      const read = Buffer.alloc(expected.length + 1)
      assert.equal(file.read(read, 0, read.length, 0), expected.length)
      assert.ok(read.subarray(0, expected.length).equals(expected))
      file.close()
      const closed = disk.open(file.path, 'read')
      assert.throws(() => closed.writeWithZeros(written, 0, 10, 0, 100), { code: 'EBADF' })
      closed.close()
    })

    it('takes the buffer only until a write returns', async () => {
      await using machine = open()
      const file = machine.host.disk.open(`${machine.directory}/a`, 'create')
      const buffer = Buffer.from('first')
      file.write(buffer, 0, 5, 0)
      buffer.write('XXXXX')
      file.write(buffer, 0, 1, 1)
      assert.equal(contentsOf(machine.host.disk, file.path), 'fXrst')
      file.close()
    })

    it('tells the size of a file that is not open, and reserves room without changing it', async () => {
      await using machine = open()
      const { disk } = machine.host
      const path = `${machine.directory}/a`
      const file = disk.open(path, 'create')
      file.write(patterned(5_000), 0, 5_000, 0)
      file.reserve(5_000, 100_000)
      assert.equal(file.size(), 5_000)
      file.close()
      assert.equal(disk.fileSize(path), 5_000)
      assert.throws(() => disk.fileSize(`${machine.directory}/none`), { code: 'ENOENT' })
    })

    it('cuts a file and gives zeros where it grows again', async () => {
      await using machine = open()
      const file = machine.host.disk.open(`${machine.directory}/a`, 'create')
      file.write(patterned(9_000), 0, 9_000, 0)
      file.truncate(10)
      assert.equal(file.size(), 10)
      file.truncate(9_000)
      assert.equal(file.size(), 9_000)
      const read = Buffer.alloc(9_000, 1)
      assert.equal(file.read(read, 0, 9_000, 0), 9_000)
      assert.deepEqual(read.subarray(0, 10), patterned(10))
      assert.deepEqual(read.subarray(10), Buffer.alloc(8_990))
      file.close()
    })

    it('opens what is there, and makes what is not only where asked', async () => {
      await using machine = open()
      const { disk } = machine.host
      const path = `${machine.directory}/a`
      for (const mode of ['read', 'write'] as const) assert.throws(() => disk.open(path, mode), { code: 'ENOENT' })
      assert.equal(disk.exists(path), false)
      disk.open(path, 'create').close()
      assert.equal(disk.exists(path), true)
      const written = disk.open(path, 'write')
      written.write(Buffer.from('abc'), 0, 3, 0)
      written.close()
      const again = disk.open(path, 'create')
      assert.equal(again.size(), 3)
      again.close()
      const read = disk.open(path, 'read')
      assert.throws(() => read.write(Buffer.from('x'), 0, 1, 0), { code: 'EBADF' })
      read.close()
      assert.throws(() => disk.open(`${machine.directory}/none/a`, 'create'), { code: 'ENOENT' })
      assert.throws(() => disk.open(`${path}/a`, 'create'), { code: 'ENOTDIR' })
    })

    it('closes once, and a closed file does nothing more', async () => {
      await using machine = open()
      const file = machine.host.disk.open(`${machine.directory}/a`, 'create')
      file.close()
      file.close()
      assert.throws(() => file.write(Buffer.from('x'), 0, 1, 0), { code: 'EBADF' })
      assert.throws(() => file.read(Buffer.alloc(1), 0, 1, 0), { code: 'EBADF' })
      assert.throws(() => file.size(), { code: 'EBADF' })
      assert.throws(() => file.sync(() => {}), { code: 'EBADF' })
    })

    it('syncs, also when the file is closed meanwhile', async () => {
      await using machine = open()
      const file = machine.host.disk.open(`${machine.directory}/a`, 'create')
      file.write(Buffer.from('abc'), 0, 3, 0)
      file.syncNow()
      const { promise, resolve } = Promise.withResolvers<Error | null>()
      let returned = false
      file.sync((error) => {
        assert.equal(returned, true)
        resolve(error)
      })
      returned = true
      file.close()
      const other = machine.host.disk.open(`${machine.directory}/b`, 'create')
      assert.equal(await machine.until(promise), null)
      other.write(Buffer.from('abc'), 0, 3, 0)
      assert.equal(other.size(), 3)
      other.close()
    })

    it('begins to write a range, also when the file is closed meanwhile, or has no such call', async () => {
      await using machine = open()
      const { disk } = machine.host
      const file = disk.open(`${machine.directory}/a`, 'create')
      const written = patterned(200_000)
      file.write(written, 0, 200_000, 0)
      const { promise, resolve } = Promise.withResolvers<Error | null>()
      let returned = false
      const isBegun = file.startWriteback(0, 131_072, (error) => {
        assert.equal(returned, true)
        resolve(error)
      })
      returned = true
      file.close()
      if (isBegun) assert.equal(await machine.until(promise), null)
      assert.throws(() => file.startWriteback(0, 131_072, () => {}), { code: 'EBADF' })
      assert.ok(Buffer.from(disk.readFile(file.path)!).equals(written))
    })

    it('makes directories with their parents and lists them by name', async () => {
      await using machine = open()
      const { disk } = machine.host
      disk.makeDirectory(`${machine.directory}/x/b/c`)
      disk.makeDirectory(`${machine.directory}/x/b`)
      for (const file of ['z', 'Z', 'a', 'b.log']) disk.open(`${machine.directory}/x/${file}`, 'create').close()
      assert.deepEqual(disk.list(`${machine.directory}/x`), [
        { name: 'Z', isDirectory: false },
        { name: 'a', isDirectory: false },
        { name: 'b', isDirectory: true },
        { name: 'b.log', isDirectory: false },
        { name: 'z', isDirectory: false },
      ])
      assert.throws(() => disk.list(`${machine.directory}/none`), { code: 'ENOENT' })
      assert.throws(() => disk.list(`${machine.directory}/x/a`), { code: 'ENOTDIR' })
      assert.throws(() => disk.makeDirectory(`${machine.directory}/x/a`), { code: 'EEXIST' })
      disk.syncDirectory(`${machine.directory}/x`)
      assert.throws(() => disk.syncDirectory(`${machine.directory}/none`), { code: 'ENOENT' })
    })

    it('renames files over files, and directories with all in them', async () => {
      await using machine = open()
      const { disk } = machine.host
      const at = (path: string) => `${machine.directory}/${path}`
      disk.replaceFile(at('a'), 'new')
      disk.replaceFile(at('b'), 'old')
      const old = disk.open(at('b'), 'read')
      disk.rename(at('a'), at('b'))
      assert.equal(contentsOf(disk, at('b')), 'new')
      assert.equal(disk.exists(at('a')), false)
      // Whoever has the replaced file open still reads it.
      const read = Buffer.alloc(3)
      assert.equal(old.read(read, 0, 3, 0), 3)
      assert.equal(read.toString(), 'old')
      old.close()

      disk.makeDirectory(at('d/e'))
      disk.replaceFile(at('d/e/f'), 'deep')
      const deep = disk.open(at('d/e/f'), 'write')
      disk.rename(at('d'), at('moved'))
      deep.write(Buffer.from('DE'), 0, 2, 0)
      deep.close()
      assert.equal(contentsOf(disk, at('moved/e/f')), 'DEep')
      assert.equal(disk.exists(at('d')), false)

      assert.throws(() => disk.rename(at('none'), at('b')), { code: 'ENOENT' })
      assert.throws(() => disk.rename(at('b'), at('none/b')), { code: 'ENOENT' })
      disk.makeDirectory(at('other'))
      assert.throws(() => disk.rename(at('other'), at('moved')), { code: 'ENOTEMPTY' })
      assert.throws(() => disk.rename(at('b'), at('other')), { code: 'EISDIR' })
      assert.throws(() => disk.rename(at('other'), at('b')), { code: 'ENOTDIR' })
      assert.throws(() => disk.rename(at('moved'), at('moved/e/x')), { code: 'EINVAL' })
    })

    it('removes files, which stay readable where they are open', async () => {
      await using machine = open()
      const { disk } = machine.host
      const path = `${machine.directory}/a`
      disk.replaceFile(path, 'abc')
      const file = disk.open(path, 'read')
      disk.remove(path)
      disk.remove(path)
      assert.equal(disk.exists(path), false)
      assert.equal(disk.readFile(path), null)
      assert.equal(file.size(), 3)
      file.close()
    })

    it('makes names durable off the loop', async () => {
      await using machine = open()
      const { disk } = machine.host
      const done = Promise.withResolvers<Error | null>()
      disk.syncDirectoryLater(machine.directory, done.resolve)
      assert.equal(await machine.until(done.promise), null)
      assert.throws(() => disk.syncDirectoryLater(`${machine.directory}/none`, () => {}), { code: 'ENOENT' })
    })

    it('removes files, also such as are open or missing', async () => {
      await using machine = open()
      const { disk } = machine.host
      const paths = ['1', '2', 'none'].map((name) => `${machine.directory}/${name}`)
      for (const path of paths.slice(0, 2)) disk.replaceFile(path, 'abc')
      const file = disk.open(paths[1]!, 'read')
      await machine.until(disk.removeFiles(paths))
      assert.deepEqual(disk.list(machine.directory), [])
      assert.equal(file.read(Buffer.alloc(3), 0, 3, 0), 3)
      file.close()
    })

    it('removes a directory with all in it', async () => {
      await using machine = open()
      const { disk } = machine.host
      const path = `${machine.directory}/d`
      disk.makeDirectory(`${path}/e/f`)
      for (const name of ['1', 'e/2', 'e/f/3']) disk.replaceFile(`${path}/${name}`, name)
      await machine.until(disk.removeDirectory(path))
      assert.deepEqual(disk.list(machine.directory), [])
      await machine.until(disk.removeDirectory(path))
    })

    it('replaces a small file and leaves nothing beside it', async () => {
      await using machine = open()
      const { disk } = machine.host
      const path = `${machine.directory}/meta.properties`
      assert.equal(disk.readFile(path), null)
      disk.replaceFile(path, 'a long first version')
      disk.replaceFile(path, Buffer.from('short'))
      assert.equal(contentsOf(disk, path), 'short')
      assert.deepEqual(disk.list(machine.directory), [{ name: 'meta.properties', isDirectory: false }])
    })

    it('lends a lock to one holder at a time', async () => {
      await using machine = open()
      const { disk } = machine.host
      const path = `${machine.directory}/.lock`
      const lock = disk.lock(path)
      assert.notEqual(lock, null)
      assert.equal(disk.lock(path), null)
      assert.equal(disk.lock(path), null)
      lock!.release()
      const next = disk.lock(path)
      assert.notEqual(next, null)
      lock!.release()
      assert.equal(disk.lock(path), null)
      next!.release()
      assert.equal(contentsOf(disk, path), '')
      assert.throws(() => disk.lock(`${machine.directory}/none/.lock`), { code: 'ENOENT' })
    })

    it('tells what lies on one volume, and where to lock it', async () => {
      await using machine = open()
      const { disk } = machine.host
      const { directory } = machine
      disk.makeDirectory(`${directory}/below`)
      const volume = disk.volume(directory)
      assert.deepEqual(disk.volume(`${directory}/below`), volume)
      const lock = disk.lock(volume.lockPath)
      assert.notEqual(lock, null)
      assert.equal(disk.lock(disk.volume(`${directory}/below`).lockPath), null)
      lock!.release()
    })

    it('tells how much room there is', async () => {
      await using machine = open()
      const { totalBytes, usedBytes, freeBytes } = machine.host.disk.space(machine.directory)
      assert.ok(totalBytes > 0)
      assert.ok(freeBytes > 0 && usedBytes >= 0 && usedBytes + freeBytes <= totalBytes)
      assert.throws(() => machine.host.disk.space(`${machine.directory}/none`), { code: 'ENOENT' })
    })
  })
}

function patterned(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let i = 0; i < length; i++) bytes[i] = (i * 7 + (i >> 8)) & 0xff
  return bytes
}

function contentsOf(disk: Disk, path: string): string {
  return disk.readFile(path)!.toString()
}
