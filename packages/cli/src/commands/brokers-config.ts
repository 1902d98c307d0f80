import { withCluster } from '../cluster-flags.ts'
import { type Command, UsageError } from '../command.ts'
import { changeOwnConfigs, ownConfigFlags } from '../own-configs.ts'

export const brokersConfig: Command = {
  name: 'brokers config',
  summary:
    'Change configs of a broker, or with "all" of all of them, while they run; without changes, print what is set.',
  positionals: ['BROKER'],
  flags: ownConfigFlags,
  examples: ['odradek brokers config 1', 'odradek brokers config all --set log.retention.ms=86400000'],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const of = args.positionals[0]!
      if (of !== 'all' && !/^\d{1,10}$/.test(of)) throw new UsageError(`BROKER is an id or "all", not "${of}"`)
      return changeOwnConfigs(args, cluster, { type: 'broker', name: of === 'all' ? '' : of })
    }),
}
