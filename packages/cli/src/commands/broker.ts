import type { Command } from '../command.ts'
import { configFlags } from '../config-sources.ts'
import { runBroker } from '../run-broker.ts'

export const broker: Command = {
  name: 'broker',
  summary: 'Run a broker, configured by file, then environment (ODRADEK_LOG_RETENTION_MS), then flags; later wins.',
  flags: configFlags,
  examples: [
    'odradek broker --port 0 --data-dir /var/lib/odradek',
    'odradek broker --config broker.yaml --set log.retention.ms=3d --set flush.mode=sync',
  ],
  run: (args) => runBroker(args, { greet: false }),
}
