import { alterConfigs, type ConfigChange, describeConfigs } from '@odradek/client'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import { type Command, UsageError } from '../command.ts'

export const topicsConfig: Command = {
  name: 'topics config',
  summary: "Change configs of a topic and leave the others as they are; without changes, print the topic's own.",
  positionals: ['TOPIC'],
  flags: {
    set: { type: 'string', short: 's', value: 'KEY=VALUE', multiple: true, doc: 'Set one config; may be repeated.' },
    reset: { type: 'string', value: 'KEY', multiple: true, doc: 'Take an own value away; may be repeated.' },
    ...clusterFlags,
  },
  examples: [
    'odradek topics config orders',
    'odradek topics config orders --set retention.ms=86400000 --reset segment.bytes',
  ],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const resource = { type: 'topic', name: args.positionals[0]! } as const
      const changes = args.list('set').map((text): ConfigChange => {
        const at = text.indexOf('=')
        if (at < 1) throw new UsageError(`--set must be KEY=VALUE, not "${text}"`)
        return { name: text.slice(0, at), value: text.slice(at + 1) }
      })
      for (const name of args.list('reset')) changes.push({ name, value: null })
      if (changes.length > 0) await alterConfigs(cluster, resource, changes)
      const own = (await describeConfigs(cluster, resource)).filter(({ isOverridden }) => isOverridden)
      const configs = Object.fromEntries(own.map(({ name, value }) => [name, value]))
      const lines = own.map(({ name, value }) => `${name}=${value}\n`).join('')
      process.stdout.write(args.flag('json') ? `${JSON.stringify(configs, null, 2)}\n` : lines)
      return 0
    }),
}
