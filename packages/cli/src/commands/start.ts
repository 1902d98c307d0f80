import type { Command } from '../command.ts'
import { configFlags } from '../config-sources.ts'
import { runBroker } from '../run-broker.ts'

export const start: Command = {
  name: 'start',
  summary: 'Start a broker on 127.0.0.1:9092 with its data in ./data, and tell how to try it.',
  flags: configFlags,
  examples: ['odradek start', 'odradek start --port 19092 --data-dir /tmp/try'],
  run: (args) => runBroker(args, { greet: true }),
}
