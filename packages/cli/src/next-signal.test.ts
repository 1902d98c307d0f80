import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextSignal } from './next-signal.ts'

const handlers = () => [process.listenerCount('SIGTERM'), process.listenerCount('SIGINT')]

test('what is told again within a second is passed over, and what comes later ends the process', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const told = nextSignal()
  process.kill(process.pid, 'SIGINT')
  await told
  t.mock.timers.tick(999)
  assert.deepEqual(handlers(), [1, 1])
  t.mock.timers.tick(1)
  assert.deepEqual(handlers(), [0, 0])
})

test('whose parent sees to its end is not ended by a signal', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  t.after(() => process.removeAllListeners('SIGTERM').removeAllListeners('SIGINT'))
  const told = nextSignal(true)
  process.kill(process.pid, 'SIGTERM')
  await told
  t.mock.timers.tick(60_000)
  assert.deepEqual(handlers(), [1, 1])
})
