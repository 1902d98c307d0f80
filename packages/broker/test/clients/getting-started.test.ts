/** docs/getting-started.md: its commands, in order, as they stand there; what they print is what it says they print. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { startBroker } from '../../src/start-broker.ts'
import { bash, needsKcat } from './tools.ts'

const root = join(import.meta.dirname, '../../../..')
const text = readFileSync(join(root, 'docs/getting-started.md'), 'utf8')

/** Commands, and what the document says about their output, if it does. */
const steps = [...text.matchAll(/```sh\n(.*?)```(?:\s*```text\n(.*?)```)?/gs)].map(([, commands, output]) => ({
  commands: commands!,
  output: output ?? null,
}))

describe('docs/getting-started.md', needsKcat, () => {
  test('ingests a file of 2,000 lines, reads it back equal, and prints what it says', async () => {
    assert.ok(steps.length >= 5 && steps.some(({ output }) => output === 'equal\n'))
    await using broker = await startBroker()
    for (const { commands, output } of steps) {
      assert.ok(commands.includes('127.0.0.1:9092'), commands)
      const printed = await bash(commands.replaceAll('127.0.0.1:9092', broker.address), root)
      if (output !== null) assert.equal(printed, output, commands)
    }
  })
})
