/** `--set KEY=VALUE` and `--reset KEY` of a topic or a broker: changes them, and prints what is set on it. */
import { alterConfigs, type Cluster, type ConfigChange, type ConfigResource, describeConfigs } from '@odradek/client'
import { clusterFlags } from './cluster-flags.ts'
import { type Arguments, type Command, UsageError } from './command.ts'

export const ownConfigFlags = {
  set: { type: 'string', short: 's', value: 'KEY=VALUE', multiple: true, doc: 'Set one config; may be repeated.' },
  reset: { type: 'string', value: 'KEY', multiple: true, doc: 'Take an own value away; may be repeated.' },
  ...clusterFlags,
} as const satisfies Command['flags']

/** Returns the exit code. */
export async function changeOwnConfigs(args: Arguments, cluster: Cluster, resource: ConfigResource): Promise<number> {
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
}
