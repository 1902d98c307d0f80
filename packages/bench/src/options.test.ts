import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OptionError, parseOptions } from './options.ts'

test('flags and their defaults', () => {
  const options = parseOptions(['--peer', '127.0.0.1:9092', '--peer-pid', '12,13', '--rounds', '2', '--rows', 'fetch'])
  assert.deepEqual(options.peer, { host: '127.0.0.1', port: 9092, pids: [12, 13] })
  assert.equal(options.broker, null)
  assert.equal(options.rounds, 2)
  assert.equal(options.seconds, 3)
  assert.ok(options.rows.test('fetch 64 KiB'))
  assert.ok(!options.rows.test('produce 16 KiB'))
  assert.deepEqual(parseOptions(['--bootstrap', '[::1]:9092', '--pid', '7']).broker, {
    host: '::1',
    port: 9092,
    pids: [7],
  })
})

const refused: [string[], RegExp][] = [
  [['--rounds', '0'], /--rounds needs a whole number above 0, not "0"/],
  [['--rounds', '1.5'], /--rounds/],
  [['--seconds', 'x'], /--seconds needs a number above 0, not "x"/],
  [['--bootstrap', '127.0.0.1'], /--bootstrap needs HOST:PORT/],
  [['--bootstrap', '127.0.0.1:1'], /--bootstrap needs --pid/],
  [['--peer', '127.0.0.1:1', '--peer-pid', 'me'], /--peer-pid needs process ids/],
  [['--pid', '1'], /--pid needs --bootstrap/],
  [['--rows', '('], /--rows/],
  [['--rouns', '1'], /--rouns/],
  [['--json', '/nowhere/at/all.json'], /--json: ENOENT/],
  [['--json', '/'], /--json: \/ is a directory/],
]
for (const [words, message] of refused) {
  test(`"${words.join(' ')}" is refused`, () => {
    assert.throws(
      () => parseOptions(words),
      (error: unknown) => error instanceof OptionError && message.test(error.message),
    )
  })
}
