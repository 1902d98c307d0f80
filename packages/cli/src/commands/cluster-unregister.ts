import { unregisterBroker } from '@odradek/client'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import type { Command } from '../command.ts'
import { parseNumber } from '../partition-scope.ts'

export const clusterUnregister: Command = {
  name: 'cluster unregister',
  summary: 'Forget a broker that is gone for good, with its own settings. One that lives or has replicas is refused.',
  positionals: ['BROKER'],
  flags: clusterFlags,
  examples: ['odradek cluster reassign --brokers 1,2 --apply', 'odradek cluster unregister 3'],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const id = parseNumber('BROKER', args.positionals[0]!)
      await unregisterBroker(cluster, id)
      process.stdout.write(
        args.flag('json') ? `${JSON.stringify({ unregistered: id })}\n` : `Broker ${id} is forgotten.\n`,
      )
      return 0
    }),
}
