import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isMainThread } from 'node:worker_threads'
import type { Job } from './offload.ts'
import { machines } from './testing/machines.ts'

interface CountBytes {
  readonly path: string
  readonly byte: number
}

/** Counts how often a byte is in a file; what it can fail at depends on the path alone. */
export const job: Job<CountBytes, { path: string; count: number }> = {
  module: import.meta.url,
  run(disk, { path, byte }) {
    if (path === 'none') throw new TypeError('no path given')
    const file = disk.open(path, 'read')
    const contents = Buffer.alloc(file.size())
    file.read(contents, 0, contents.length, 0)
    file.close()
    return { path, count: contents.filter((each) => each === byte).length }
  },
}

// A worker thread that loads this module for its job runs no tests.
if (isMainThread) {
  for (const { name, open } of machines) {
    describe(`offloading on the ${name} host`, () => {
      it('runs jobs on files and hands over what they return', async () => {
        await using machine = open()
        const { disk, offload } = machine.host
        const paths = ['a', 'b', 'c'].map((file) => `${machine.directory}/${file}`)
        for (const path of paths) disk.replaceFile(path, path)
        const results = await machine.until(Promise.all(paths.map((path) => offload.run(job, { path, byte: 0x62 }))))
        for (const { path, count } of results) assert.equal(count, path.split('b').length - 1)
        assert.deepEqual(
          results.map(({ path }) => path),
          paths,
        )
      })

      it('hands over errors with their message and code, and goes on', async () => {
        await using machine = open()
        const { disk, offload } = machine.host
        const missing = offload.run(job, { path: `${machine.directory}/none`, byte: 1 })
        await assert.rejects(machine.until(missing), { code: 'ENOENT', message: /none/ })
        const wrong = offload.run(job, { path: 'none', byte: 1 })
        await assert.rejects(machine.until(wrong), { name: 'TypeError', message: 'no path given' })
        disk.replaceFile(`${machine.directory}/a`, 'a')
        const { count } = await machine.until(offload.run(job, { path: `${machine.directory}/a`, byte: 0x61 }))
        assert.equal(count, 1)
      })

      it('gives up what it does when it is closed, and takes no more', async () => {
        await using machine = open()
        const { offload } = machine.host
        const running = offload.run(job, { path: `${machine.directory}/none`, byte: 1 })
        const given = assert.rejects(machine.until(running))
        await offload.close()
        await given
        await assert.rejects(offload.run(job, { path: 'none', byte: 1 }), /closed/)
        await offload.close()
      })
    })
  }
}
