import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogWatch } from './log-watch.ts'

const line = (level: number, time: number, remote?: string) => JSON.stringify({ level, time, msg: 'text', remote })

test('warnings are counted, and how many there were in a second', () => {
  const watch = new LogWatch(3)
  for (const time of [1000, 1500, 1999, 2000, 5000]) watch.add(line(40, time, '127.0.0.1:5'))
  watch.add(line(30, 6000))
  assert.deepEqual([watch.lines, watch.warnings, watch.aboutClients, watch.mostPerSecond], [6, 5, 5, 3])
  assert.deepEqual(watch.problems, [])
})

test('more lines in a second than there may be, errors, and what is no line at all are problems', () => {
  const watch = new LogWatch(3)
  for (let count = 0; count < 5; count += 1) watch.add(line(40, 1000 + count))
  watch.add(line(50, 3000))
  watch.add('    at somewhere (file.ts:1:1)')
  assert.equal(watch.problems.length, 3)
  assert.match(watch.problems.join('\n'), /more than 3 lines.*\n.*"level":50.*\nnot a line of the log: {5}at somewhere/)
})
