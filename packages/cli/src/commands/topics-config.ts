import { withCluster } from '../cluster-flags.ts'
import type { Command } from '../command.ts'
import { changeOwnConfigs, ownConfigFlags } from '../own-configs.ts'

export const topicsConfig: Command = {
  name: 'topics config',
  summary: "Change configs of a topic and leave the others as they are; without changes, print the topic's own.",
  positionals: ['TOPIC'],
  flags: ownConfigFlags,
  examples: [
    'odradek topics config orders',
    'odradek topics config orders --set retention.ms=86400000 --reset segment.bytes',
  ],
  run: (args) =>
    withCluster(args, (cluster) => changeOwnConfigs(args, cluster, { type: 'topic', name: args.positionals[0]! })),
}
