import { describeLogDirectories } from '@odradek/client'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import type { Command } from '../command.ts'
import { textTable } from '../text-table.ts'

export const topicsList: Command = {
  name: 'topics list',
  summary: 'Print the topics of a cluster: partitions, replicas, health, size.',
  flags: {
    search: { type: 'string', value: 'TEXT', doc: 'Only topics that have this in their name.' },
    internal: { type: 'boolean', doc: 'Internal topics too.' },
    ...clusterFlags,
  },
  examples: ['odradek topics list', 'odradek topics list --search order --json'],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const metadata = await cluster.metadata()
      const { directories } = await describeLogDirectories(cluster, metadata.brokers)
      const sizes = new Map<string, number>()
      for (const { topic, sizeBytes } of directories.flatMap(({ replicas }) => replicas)) {
        sizes.set(topic, (sizes.get(topic) ?? 0) + sizeBytes)
      }
      const search = (args.text('search') ?? '').toLowerCase()
      const rows = [...metadata.topics.values()]
        .filter(({ isInternal }) => args.flag('internal') || !isInternal)
        .filter(({ name }) => name.toLowerCase().includes(search))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map(({ name, partitions }) => ({
          name,
          partitions: partitions.length,
          replicas: Math.max(0, ...partitions.map(({ replicas }) => replicas.length)),
          leaderless: partitions.filter(({ leader }) => leader < 0).length,
          underReplicated: partitions.filter(({ isr, replicas }) => isr.length < replicas.length).length,
          sizeBytes: directories.length === 0 ? null : (sizes.get(name) ?? 0),
        }))
      const table = rows.map((row) => Object.values(row))
      const text = textTable(['TOPIC', 'PARTITIONS', 'REPLICAS', 'LEADERLESS', 'UNDER-REPLICATED', 'BYTES'], table)
      process.stdout.write(args.flag('json') ? `${JSON.stringify(rows, null, 2)}\n` : text)
      return 0
    }),
}
