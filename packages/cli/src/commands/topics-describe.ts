import { describeConfigs, EARLIEST, eligibleLeaders, LATEST, listOffsets, offsetOf, topicPlaces } from '@odradek/client'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import type { Command } from '../command.ts'
import { counted, textTable } from '../text-table.ts'

export const topicsDescribe: Command = {
  name: 'topics describe',
  summary: 'Print a topic: each partition with leader, replicas and offsets, and the configs that are its own.',
  positionals: ['TOPIC'],
  flags: clusterFlags,
  examples: ['odradek topics describe orders'],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const name = args.positionals[0]!
      const topic = await topicPlaces(cluster, name)
      const [starts, ends, entries, leadersOf] = await Promise.all([
        listOffsets(cluster, [{ topic }], EARLIEST),
        listOffsets(cluster, [{ topic }], LATEST),
        describeConfigs(cluster, { type: 'topic', name }),
        eligibleLeaders(cluster, [name]),
      ])
      const partitions = topic.partitions.map((place) => ({
        ...place,
        ...(leadersOf?.(name, place.partition) ?? { eligible: null, lastKnown: null }),
        start: offsetOf(starts, name, place.partition),
        end: offsetOf(ends, name, place.partition),
      }))
      const configs = Object.fromEntries(
        entries.filter((entry) => entry.isOverridden).map((entry) => [entry.name, entry.value]),
      )
      if (args.flag('json')) {
        process.stdout.write(`${JSON.stringify({ name, id: topic.id, partitions, configs }, null, 2)}\n`)
        return 0
      }
      process.stdout.write(`${name}: ${counted(partitions.length, 'partition')}, id ${topic.id}\n\n`)
      // Only a partition that lacks replicas has any: most topics do not show the columns.
      const shown = (['eligible', 'lastKnown'] as const).filter((key) => partitions.some((row) => row[key]?.length))
      const rows = partitions.map((row) => {
        const { partition, leader, leaderEpoch, replicas, isr, start, end } = row
        const eligible = shown.map((key) => row[key]?.join(',') || '-')
        return [partition, leader, leaderEpoch, replicas.join(','), isr.join(','), ...eligible, start, end]
      })
      const titles = { eligible: 'ELIGIBLE', lastKnown: 'LAST KNOWN' }
      const head = ['PARTITION', 'LEADER', 'EPOCH', 'REPLICAS', 'IN SYNC', ...shown.map((key) => titles[key])]
      process.stdout.write(textTable([...head, 'START', 'END'], rows))
      const set = Object.entries(configs)
      if (set.length > 0) process.stdout.write(`\n${set.map(([key, value]) => `${key}=${value}`).join('\n')}\n`)
      return 0
    }),
}
