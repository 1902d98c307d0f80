import assert from 'node:assert/strict'
import { it } from 'node:test'
import { queueSync } from './sync-queue.ts'

it('a sync that cannot begin is told of, and leaves its place to others', async () => {
  const outcome = (sync: (landed: (error: Error | null) => void) => void) =>
    new Promise<Error | null>((resolve) => queueSync(sync, resolve))
  const error = new Error('no memory')
  const refused = Array.from({ length: 1000 }, () =>
    outcome(() => {
      throw error
    }),
  )
  const last = outcome((landed) => landed(null))
  assert.deepEqual(new Set(await Promise.all(refused)), new Set([error]))
  assert.equal(await last, null)
})
