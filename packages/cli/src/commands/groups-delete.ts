import { committedOffsets, deleteGroup, groupNow } from '@odradek/client'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import type { Command } from '../command.ts'
import { counted } from '../text-table.ts'

export const groupsDelete: Command = {
  name: 'groups delete',
  summary: 'Delete a group with its commits. Prints what would go; --apply does it. Refused while it has members.',
  positionals: ['GROUP'],
  flags: { apply: { type: 'boolean', doc: 'Do it.' }, ...clusterFlags },
  examples: ['odradek groups delete billing', 'odradek groups delete billing --apply'],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const group = args.positionals[0]!
      const [{ state, members }, commits] = await Promise.all([
        groupNow(cluster, group),
        committedOffsets(cluster, group),
      ])
      const isJson = args.flag('json')
      const impact = {
        group,
        state,
        members: members.length,
        commits: [...commits.values()].reduce((sum, partitions) => sum + partitions.size, 0),
      }
      if (!isJson) {
        const what = `${counted(impact.members, 'member')}, ${counted(impact.commits, 'commit')}`
        process.stdout.write(`${group}: ${state}, ${what}\n`)
      }
      if (!args.flag('apply')) {
        process.stdout.write(
          isJson ? `${JSON.stringify(impact, null, 2)}\n` : 'Nothing has been deleted. Add --apply to do it.\n',
        )
        return 0
      }
      await deleteGroup(cluster, group)
      process.stdout.write(isJson ? `${JSON.stringify({ ...impact, isDeleted: true }, null, 2)}\n` : 'Deleted.\n')
      return 0
    }),
}
