import type { Command } from '../command.ts'
import { configFlags } from '../config-sources.ts'
import { runBroker } from '../run-broker.ts'

export const start: Command = {
  name: 'start',
  summary: 'Start a broker on 127.0.0.1:9092 with its data in ./data, and the console on http://127.0.0.1:8080.',
  flags: {
    ...configFlags,
    'console-port': { type: 'string', value: 'PORT', doc: 'The console listens there [8080, or the next free one].' },
    demo: { type: 'boolean', doc: 'Load a sample shop: topics, messages and groups to look at.' },
    'no-console': { type: 'boolean', doc: 'Start the broker alone.' },
  },
  examples: [
    'odradek start',
    'odradek start --demo',
    'odradek start --port 19092 --data-dir /tmp/try --console-port 9000',
  ],
  run: (args) => runBroker(args, { greet: true }),
}
