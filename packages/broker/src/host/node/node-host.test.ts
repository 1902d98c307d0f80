import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs, { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { isMainThread } from 'node:worker_threads'
import { BufferPool, POOLED_BUFFER_BYTES_MAX } from '../buffer-pool.ts'
import type { Connection } from '../network.ts'
import type { Job } from '../offload.ts'
import { createNodeDisk } from './disk.ts'
import { createNodeHost } from './node-host.ts'

/** Ends the thread it runs in, or says that it ran. */
export const job: Job<boolean, string> = {
  module: import.meta.url,
  run(_disk, die) {
    if (die) process.exit(3)
    return 'ran'
  },
}

// A worker thread that loads this module for its job runs no tests.
if (isMainThread) {
  describe('the node host', () => {
    it('reads all connections into one buffer', async () => {
      const { network } = createNodeHost()
      const buffers = new Set<Buffer>()
      const views = new Set<DataView>()
      let seen = 0
      const accept = (connection: Connection) => {
        connection.start({
          data(buffer, view) {
            buffers.add(buffer)
            views.add(view)
            seen++
            connection.destroy()
          },
          ended() {},
          drained() {},
          closed() {},
        })
      }
      const listener = await network.listen({ host: '127.0.0.1', port: 0 }, accept)
      for (let i = 0; i < 5; i++) {
        const socket = net.connect(listener.port, listener.host)
        socket.write('x')
        await once(socket, 'close')
      }
      assert.equal(seen, 5)
      assert.equal(buffers.size, 1)
      assert.equal(views.size, 1)
      await listener.close()
    })

    it('lets the process end while timers wait, a listener is closed and the worker thread is idle', async () => {
      const { code, output } = await runScript(`
        const host = createNodeHost()
        host.timers.after(60_000, () => {})
        const listener = await host.network.listen({ host: '127.0.0.1', port: 0 }, () => {})
        await listener.close()
        console.log(await host.offload.run({ module: ${JSON.stringify(import.meta.url)} }, false))
      `)
      assert.equal(output, 'ran\n')
      assert.equal(code, 0)
    })

    it('starts another worker thread when one is lost, with what it had', async () => {
      const { offload } = createNodeHost()
      await assert.rejects(offload.run(job, true), /offload thread ended with code 3/)
      assert.equal(await offload.run(job, false), 'ran')
      await offload.close()
    })

    it('syncs a directory once for all who ask before that begins, unless it is another by then', async (t) => {
      const { fsync } = fs
      const synced: number[] = []
      t.mock.method(fs, 'fsync', (descriptor: number, done: (error: Error | null) => void) => {
        synced.push(fs.fstatSync(descriptor).ino)
        fsync(descriptor, done)
      })
      const disk = createNodeDisk()
      const directory = mkdtempSync(join(tmpdir(), 'odradek-syncs-'))
      const sync = (name: string): Promise<void> =>
        new Promise((resolve, reject) => {
          disk.syncDirectoryLater(join(directory, name), (error) => (error === null ? resolve() : reject(error)))
        })
      for (const name of ['busy', 'a', 'c']) disk.makeDirectory(join(directory, name))
      const busy = Array.from({ length: 1000 }, () => sync('busy'))
      const before = [sync('a'), sync('a')]
      disk.rename(join(directory, 'a'), join(directory, 'b'))
      disk.makeDirectory(join(directory, 'a'))
      const others = [sync('a'), sync('c'), sync('a'), sync('c')]
      await Promise.all([...busy, ...before, ...others])
      const syncsOf = (name: string) => {
        const { ino } = statSync(join(directory, name))
        return synced.filter((other) => other === ino).length
      }
      assert.deepEqual(['a', 'b', 'c'].map(syncsOf), [1, 1, 1])
      // Those that began at once, on threads of the pool, and one for all others.
      assert.ok(syncsOf('busy') <= (Number(process.env.UV_THREADPOOL_SIZE) || 4) + 1, `${syncsOf('busy')} syncs`)
      rmSync(directory, { recursive: true })
    })

    it('shares a lock with other processes, until they end however they end', async () => {
      const directory = mkdtempSync(join(tmpdir(), 'odradek-lock-'))
      const path = join(directory, '.lock')
      const disk = createNodeDisk()
      const holder = spawnScript(`
        const lock = createNodeHost().disk.lock(${JSON.stringify(path)})
        // Nothing may hold the lock by chance alone: not even a collection of garbage ends it.
        globalThis.gc()
        console.log(lock === null ? 'refused' : 'taken')
        setInterval(() => {}, 1_000)
      `)
      try {
        const [line] = await once(holder.stdout, 'data')
        assert.equal(String(line), 'taken\n')
        assert.equal(disk.lock(path), null)
        // Takes no room: the disk may be full.
        assert.deepEqual(readdirSync(directory), ['.lock'])
        assert.equal(statSync(path).size, 0)
        holder.kill('SIGKILL')
        await once(holder, 'exit')
        const lock = disk.lock(path)
        assert.notEqual(lock, null)
        assert.deepEqual(readdirSync(directory), ['.lock'])
        const { output } = await runScript(`console.log(createNodeHost().disk.lock(${JSON.stringify(path)}))`)
        assert.equal(output, 'null\n')
        lock!.release()
      } finally {
        holder.kill('SIGKILL')
        rmSync(directory, { recursive: true })
      }
    })

    it('says what is wrong when it listens at an address that is not its own', async () => {
      const { network } = createNodeHost()
      await assert.rejects(
        network.listen({ host: '192.0.2.1', port: 0 }, () => {}),
        { code: 'EADDRNOTAVAIL' },
      )
    })
  })

  describe('a pool of buffers', () => {
    it('lends in powers of two, and the same again', () => {
      const pool = new BufferPool()
      assert.equal(pool.take(1).length, 64 * 1024)
      const buffer = pool.take(64 * 1024 + 1)
      assert.equal(buffer.length, 128 * 1024)
      pool.release(buffer)
      assert.equal(pool.take(128 * 1024), buffer)
      assert.notEqual(pool.take(128 * 1024), buffer)
      assert.equal(pool.take(POOLED_BUFFER_BYTES_MAX).length, POOLED_BUFFER_BYTES_MAX)
    })

    it('keeps no more than its bound', () => {
      const pool = new BufferPool()
      const lent = Array.from({ length: 12 }, () => pool.take(POOLED_BUFFER_BYTES_MAX))
      for (const buffer of lent) pool.release(buffer)
      const again = new Set(Array.from({ length: 12 }, () => pool.take(POOLED_BUFFER_BYTES_MAX)))
      assert.equal(lent.filter((buffer) => again.has(buffer)).length, 8)
    })
  })
}

function spawnScript(script: string) {
  const host = new URL('./node-host.ts', import.meta.url).href
  const source = `import { createNodeHost } from ${JSON.stringify(host)}\n${script}`
  const args = ['--expose-gc', '--input-type=module', '--eval', source]
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
}

async function runScript(script: string): Promise<{ code: number | null; output: string }> {
  const child = spawnScript(script)
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  const [code] = await once(child, 'close')
  return { code, output }
}
