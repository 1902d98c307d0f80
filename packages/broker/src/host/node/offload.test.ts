import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isMainThread, threadId } from 'node:worker_threads'
import type { Job } from '../offload.ts'
import { createNodeOffload } from './offload.ts'

export const job: Job<null, number> = { module: import.meta.url, run: () => threadId }

// A worker thread that loads this module for its job runs no tests.
if (isMainThread) {
  test('a thread that has had nothing to do for half a minute is ended, and the next job has another', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const offload = createNodeOffload()
    const first = await offload.run(job, null)
    t.mock.timers.tick(29_000)
    assert.equal(await offload.run(job, null), first)
    t.mock.timers.tick(29_000)
    assert.equal(await offload.run(job, null), first)
    t.mock.timers.tick(30_000)
    assert.notEqual(await offload.run(job, null), first)
    await offload.close()
  })
}
