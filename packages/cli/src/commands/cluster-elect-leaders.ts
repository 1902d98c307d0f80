import { electLeaders, topicPlaces } from '@odradek/client'
import { errorName } from '@odradek/protocol'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import { type Command, UsageError } from '../command.ts'
import { counted } from '../text-table.ts'

export const clusterElectLeaders: Command = {
  name: 'cluster elect-leaders',
  summary: 'Give partitions back to their preferred leaders, the first of their replicas, where those are in sync.',
  flags: {
    topic: {
      type: 'string',
      short: 't',
      multiple: true,
      value: 'TOPIC',
      doc: 'Only of this topic; may be repeated [all].',
    },
    unclean: {
      type: 'boolean',
      doc: 'Where no replica that is in sync is alive, let any lead; records it has not got are lost. Needs --topic.',
    },
    ...clusterFlags,
  },
  examples: ['odradek cluster elect-leaders', 'odradek cluster elect-leaders --topic orders --unclean'],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const names = args.list('topic')
      const isUnclean = args.flag('unclean')
      if (isUnclean && names.length === 0) throw new UsageError('cluster elect-leaders --unclean needs --topic')
      const asked = await Promise.all(
        names.map(async (name): Promise<[string, number[]]> => {
          const { partitions } = await topicPlaces(cluster, name)
          return [name, partitions.map(({ partition }) => partition)]
        }),
      )
      const outcomes = await electLeaders(cluster, names.length === 0 ? null : new Map(asked), { isUnclean })
      // A partition with the leader it should have is no failure.
      const failed = outcomes.filter(
        ({ errorCode }) => errorCode !== 0 && errorName(errorCode) !== 'ELECTION_NOT_NEEDED',
      )
      const elected = outcomes.filter(({ errorCode }) => errorCode === 0)
      if (args.flag('json')) process.stdout.write(`${JSON.stringify({ elected, failed }, null, 2)}\n`)
      else {
        process.stdout.write(`${counted(elected.length, 'leader')} elected.\n`)
        for (const { topic, partition, errorCode, errorMessage } of failed) {
          process.stdout.write(`${topic}-${partition}: ${errorMessage ?? errorName(errorCode)}\n`)
        }
      }
      return failed.length === 0 ? 0 : 1
    }),
}
