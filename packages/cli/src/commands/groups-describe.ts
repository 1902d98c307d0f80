import { committedOffsets, describeGroup, groupLags, groupNow } from '@odradek/client'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import type { Command } from '../command.ts'
import { counted, textTable } from '../text-table.ts'

export const groupsDescribe: Command = {
  name: 'groups describe',
  summary: 'Print a group: its members, and each partition with its commit and lag.',
  positionals: ['GROUP'],
  flags: clusterFlags,
  examples: ['odradek groups describe billing'],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const id = args.positionals[0]!
      const { coordinator, type } = await groupNow(cluster, id)
      const [group, committed, metadata] = await Promise.all([
        describeGroup(cluster, { id, coordinator, type }),
        committedOffsets(cluster, id),
        cluster.metadata(),
      ])
      const topics = group.members.flatMap(({ subscription }) => subscription ?? [])
      const partitions = await groupLags(cluster, metadata, committed, topics)
      if (args.flag('json')) {
        process.stdout.write(`${JSON.stringify({ ...group, coordinator, partitions }, null, 2)}\n`)
        return 0
      }
      const owner = (topic: string, partition: number) =>
        group.members.find(({ assignment }) =>
          assignment?.some((assigned) => assigned.topic === topic && assigned.partitions.includes(partition)),
        )
      const lag = partitions.reduce((sum, row) => sum + (row.lag ?? 0), 0)
      const members = counted(group.members.length, 'member')
      process.stdout.write(`${id}: ${group.state}, ${members}, lag ${lag}, coordinator ${coordinator}\n\n`)
      const memberRows = group.members.map(({ clientId, host, instanceId, id: memberId, assignment }) => {
        const count = assignment?.reduce((sum, assigned) => sum + assigned.partitions.length, 0) ?? null
        return [clientId, host, count, instanceId ?? memberId]
      })
      if (memberRows.length > 0) {
        process.stdout.write(`${textTable(['CLIENT', 'HOST', 'PARTITIONS', 'MEMBER'], memberRows)}\n`)
      }
      const rows = partitions.map(({ topic, partition, committed, end, lag }) => {
        return [topic, partition, committed, end, lag, owner(topic, partition)?.clientId ?? null]
      })
      process.stdout.write(textTable(['TOPIC', 'PARTITION', 'COMMITTED', 'END', 'LAG', 'CLIENT'], rows))
      return 0
    }),
}
