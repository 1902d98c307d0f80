import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Command, CommandError, UsageError } from '../command.ts'
import { collectConfig, configFlags } from '../config-sources.ts'

export const clusterMoveMetadata: Command = {
  name: 'cluster move-metadata',
  summary:
    'Copy the metadata of a stopped broker, or of a stopped odradek up, into etcd: topics, configs and the cluster id. The data stays where it is.',
  flags: {
    'data-dir': {
      type: 'string',
      short: 'd',
      value: 'DIR',
      doc: 'The data directory of the broker, or of odradek up.',
    },
    to: { type: 'string', value: 'STORE', doc: 'As metadata.store has it: etcd:http://host:2379.' },
    config: { ...configFlags.config, doc: 'Read metadata.store and its credentials from a .yaml or .properties file.' },
    set: { ...configFlags.set, doc: 'Set one key (metadata.store.username …); may be repeated.' },
  },
  examples: ['odradek cluster move-metadata --data-dir ./data --to etcd:http://10.0.0.1:2379,10.0.0.2:2379'],
  async run(args) {
    const directory = args.text('data-dir')
    if (directory === undefined) throw new UsageError('cluster move-metadata needs --data-dir')
    const { texts } = await collectConfig(args.without('data-dir', 'to'), process.env)
    const to = args.text('to') ?? texts['metadata.store']
    if (to === undefined || to === 'embedded') throw new UsageError('cluster move-metadata needs --to')
    const { copyEmbeddedStore } = await import('@odradek/broker/cluster-store')
    try {
      const { clusterId, topics, keys } = await copyEmbeddedStore({
        ...sourceIn(resolve(directory)),
        settings: { ...texts, 'metadata.store': to },
      })
      process.stdout.write(
        `${keys} keys of cluster ${clusterId} copied, ${topics} topics among them. Start the brokers with metadata.store=${to}\n`,
      )
    } catch (error) {
      throw new CommandError((error as Error).message)
    }
    return 0
  },
}

/** Where the metadata is in the data directory of a broker, or in that of `odradek up`. */
function sourceIn(directory: string): { directory: string; lockFile: string } {
  const candidates = [
    { directory: join(directory, 'store'), lockFile: join(directory, 'store', '.lock') },
    { directory: join(directory, 'metadata'), lockFile: join(directory, '.lock') },
  ]
  const found = candidates.find((candidate) => existsSync(candidate.directory))
  if (found === undefined) throw new CommandError(`${directory} has no metadata: no broker ever started there`)
  return found
}
