import {
  type Cluster,
  committedOffsetsOf,
  delayedPartitions,
  deleteTopics,
  describeGroups,
  EARLIEST,
  LATEST,
  listGroups,
  listOffsets,
  offsetOf,
  type SilentBroker,
  topicPlaces,
} from '@odradek/client'
import { adminFlags, listenersOf, warnOfSilent } from '../admin-flags.ts'
import { withCluster } from '../cluster-flags.ts'
import { type Arguments, type Command, CommandError } from '../command.ts'
import { counted } from '../text-table.ts'

export const topicsDelete: Command = {
  name: 'topics delete',
  summary: 'Delete a topic. Prints what would go and who reads it; --apply does it.',
  positionals: ['TOPIC'],
  flags: {
    apply: { type: 'boolean', doc: 'Do it.' },
    'with-waiting': { type: 'boolean', doc: 'Also where records wait in it, which are lost then.' },
    ...adminFlags,
  },
  examples: ['odradek topics delete orders', 'odradek topics delete orders --apply'],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const name = args.positionals[0]!
      const topic = await topicPlaces(cluster, name)
      const [starts, ends, { groups }] = await Promise.all([
        listOffsets(cluster, [{ topic }], EARLIEST),
        listOffsets(cluster, [{ topic }], LATEST),
        listGroups(cluster),
      ])
      const records = topic.partitions.reduce((sum, { partition }) => {
        return sum + ((offsetOf(ends, name, partition) ?? 0) - (offsetOf(starts, name, partition) ?? 0))
      }, 0)
      const { commits } = await committedOffsetsOf(cluster, groups)
      const readers = groups.filter(({ id }) => commits.get(id)?.has(name) === true)
      const { groups: described } = await describeGroups(cluster, readers)
      const { waiting, least, silent } = await waitingIn(args, cluster, name)
      const impact = {
        topic: name,
        partitions: topic.partitions.length,
        records,
        waiting,
        groups: readers.map(({ id, state }) => ({ id, state, members: described.get(id)?.members.length ?? 0 })),
      }
      const isJson = args.flag('json')
      if (!isJson) {
        process.stdout.write(`${name}: ${counted(impact.partitions, 'partition')}, ${counted(records, 'record')}\n`)
        if (least > 0) process.stdout.write(`  ${waiting === null ? 'at least ' : ''}${waitingText(least)} in it\n`)
        for (const { id, state, members } of impact.groups) {
          process.stdout.write(`  read by ${id}: ${state}, ${counted(members, 'member')}\n`)
        }
      }
      warnOfSilent(silent)
      if (!args.flag('apply')) {
        process.stdout.write(
          isJson ? `${JSON.stringify(impact, null, 2)}\n` : 'Nothing has been deleted. Add --apply to do it.\n',
        )
        return 0
      }
      const withWaiting = args.flag('with-waiting')
      const [result] = await deleteTopics(cluster, [name], { withWaiting })
      const error = result?.error
      if (
        error?.errorName === 'POLICY_VIOLATION' &&
        !withWaiting &&
        (await waitingIn(args, cluster, name)).waiting !== 0
      ) {
        throw new CommandError(
          `cannot ${error.tried}: ${error.message} Add --with-waiting to delete what waits with it.`,
        )
      }
      if (error) throw error
      process.stdout.write(isJson ? `${JSON.stringify({ ...impact, isDeleted: true }, null, 2)}\n` : 'Deleted.\n')
      return 0
    }),
}

interface WaitingInTopic {
  /** null where nobody tells, as in clusters that know no such thing, or not all do. */
  readonly waiting: number | null
  /** Of those who tell. */
  readonly least: number
  readonly silent: readonly SilentBroker[]
}

async function waitingIn(args: Arguments, cluster: Cluster, name: string): Promise<WaitingInTopic> {
  try {
    const { partitions, silent } = await delayedPartitions(await listenersOf(args, cluster))
    const least = partitions.filter(({ topic }) => topic === name).reduce((sum, { waiting }) => sum + waiting, 0)
    return { waiting: silent.length === 0 ? least : null, least, silent }
  } catch {
    return { waiting: null, least: 0, silent: [] }
  }
}

function waitingText(waiting: number): string {
  return `${counted(waiting, 'record')} ${waiting === 1 ? 'waits' : 'wait'}`
}
