import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Command, parseArguments, UsageError } from './command.ts'
import { commandHelp } from './help.ts'

const dump: Command = {
  name: 'log dump',
  summary: 'Print a log.',
  positionals: ['DIR'],
  flags: {
    port: { type: 'string', short: 'p', value: 'PORT', doc: 'A port.' },
    set: { type: 'string', value: 'KEY=VALUE', multiple: true, doc: 'A key.' },
    json: { type: 'boolean', doc: 'As JSON.' },
  },
  otherFlags: { bootstrap: 'odradek topics list takes --bootstrap' },
  examples: ['odradek log dump data/t-0'],
  run: async () => 0,
}

test('flags and positionals are read by the table', () => {
  const args = parseArguments(dump, ['data', '-p', '9092', '--set', 'a=1', '--set=b=2', '--json'])
  assert.deepEqual(args.positionals, ['data'])
  assert.equal(args.text('port'), '9092')
  assert.deepEqual(args.list('set'), ['a=1', 'b=2'])
  assert.equal(args.flag('json'), true)
})

test('what was not given is undefined, empty or false', () => {
  const args = parseArguments(dump, ['data'])
  assert.equal(args.text('port'), undefined)
  assert.deepEqual(args.list('set'), [])
  assert.equal(args.flag('json'), false)
})

const refused: [string[], string][] = [
  [['data', '--prot', '1'], 'Unknown flag --prot. Did you mean --port?'],
  [['data', '--hlep'], 'Unknown flag --hlep. Did you mean --help?'],
  [['data', '--toString'], 'Unknown flag --toString. See odradek log dump --help'],
  [['data', '-x'], 'Unknown flag -x. See odradek log dump --help'],
  [['data', '--bootstrap', '::1'], 'odradek topics list takes --bootstrap'],
  [['data', '--port'], '--port needs a value: PORT'],
  [['data', '--port', '--json'], '--port needs a value: PORT'],
  [['data', '--json=yes'], '--json takes no value'],
  [['data', 'more'], 'odradek log dump does not take "more"'],
  [[], 'odradek log dump needs DIR'],
]
for (const [words, message] of refused) {
  test(`"${words.join(' ')}" is refused`, () => {
    assert.throws(
      () => parseArguments(dump, words),
      (error: unknown) => error instanceof UsageError && error.message === message,
    )
  })
}

test('the help lists every flag with its value and meaning', () => {
  assert.equal(
    commandHelp(dump),
    `Print a log.

Usage: odradek log dump DIR [FLAGS]

Flags:
  -p, --port PORT    A port.
  --set KEY=VALUE …  A key.
  --json             As JSON.
  -h, --help         Print this.

Examples:
  odradek log dump data/t-0
`,
  )
})
