import { alterConfigs, type ConfigChange, describeConfigs } from '@odradek/client'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import { type Command, UsageError } from '../command.ts'

export const groupsConfig: Command = {
  name: 'groups config',
  summary: "Print a consumer group's configs, or change them: how often and when it retries.",
  positionals: ['GROUP'],
  flags: {
    set: { type: 'string', value: 'KEY=VALUE', multiple: true, doc: 'Set a key. May be given more than once.' },
    unset: { type: 'string', value: 'KEY', multiple: true, doc: 'Let the default hold again.' },
    ...clusterFlags,
  },
  examples: ['odradek groups config payments', 'odradek groups config payments --set retry.max.times=5'],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const group = { type: 'group', name: args.positionals[0]! } as const
      const changes: ConfigChange[] = args.list('unset').map((name) => ({ name, value: null }))
      for (const text of args.list('set')) {
        const at = text.indexOf('=')
        if (at < 1) throw new UsageError(`--set takes KEY=VALUE, not "${text}"`)
        changes.push({ name: text.slice(0, at).trim(), value: text.slice(at + 1).trim() })
      }
      if (changes.length > 0) await alterConfigs(cluster, group, changes)
      const entries = await describeConfigs(cluster, group)
      if (args.flag('json')) {
        process.stdout.write(`${JSON.stringify(Object.fromEntries(entries.map(({ name, value }) => [name, value])))}\n`)
        return 0
      }
      for (const { name, value, isOverridden, isReadOnly } of entries) {
        const note = isReadOnly ? ' (told by the broker)' : isOverridden ? ' (set)' : ''
        process.stdout.write(`${name} = ${value}${note}\n`)
      }
      return 0
    }),
}
