import assert from 'node:assert/strict'
import { getPriority } from 'node:os'
import { test } from 'node:test'
import { isMainThread, threadId } from 'node:worker_threads'
import type { Job } from '../offload.ts'
import { createNodeOffload } from './offload.ts'

interface ThreadFacts {
  readonly id: number
  readonly priority: number
}

export const job: Job<null, ThreadFacts> = {
  module: import.meta.url,
  run: () => ({ id: threadId, priority: getPriority() }),
}

// A worker thread that loads this module for its job runs no tests.
if (isMainThread) {
  test('a thread that has had nothing to do for half a minute is ended, and the next job has another', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const offload = createNodeOffload()
    const { id } = await offload.run(job, null)
    t.mock.timers.tick(29_000)
    assert.equal((await offload.run(job, null)).id, id)
    t.mock.timers.tick(29_000)
    assert.equal((await offload.run(job, null)).id, id)
    t.mock.timers.tick(30_000)
    assert.notEqual((await offload.run(job, null)).id, id)
    await offload.close()
  })

  test('on Linux its threads stand behind the event loop, urgent jobs less so, and it stays where it was', async () => {
    const offload = createNodeOffload()
    const before = getPriority()
    const { priority: urgent } = await offload.run({ ...job, isUrgent: true }, null)
    const { priority: other } = await offload.run(job, null)
    await offload.close()
    const behind = process.platform === 'linux' ? [5, 10] : [0, 0]
    assert.deepEqual(
      [urgent, other],
      behind.map((niceness) => Math.min(before + niceness, 19)),
    )
    assert.equal(getPriority(), before)
  })
}
