import { committedOffsetsOf, groupLags, listGroups, mapBounded } from '@odradek/client'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import type { Command } from '../command.ts'
import { textTable } from '../text-table.ts'

const LAGS_AT_ONCE = 8

export const groupsList: Command = {
  name: 'groups list',
  summary: 'Print the groups of a cluster: state, lag, coordinator.',
  flags: {
    ...clusterFlags,
    state: { type: 'string', value: 'STATE', doc: 'Only groups in this state: Stable, Empty …' },
  },
  examples: ['odradek groups list', 'odradek groups list --state Empty --json'],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const [{ groups, missing }, metadata] = await Promise.all([listGroups(cluster), cluster.metadata()])
      const wanted = args.text('state')?.toLowerCase()
      const shown = groups.filter(({ state }) => wanted === undefined || state.toLowerCase() === wanted)
      const { commits } = await committedOffsetsOf(cluster, shown)
      const rows = await mapBounded(shown, LAGS_AT_ONCE, async (group) => {
        const committed = commits.get(group.id)
        const lags = committed ? await groupLags(cluster, metadata, committed) : []
        const lag = committed ? lags.reduce((sum, row) => sum + (row.lag ?? 0), 0) : null
        return { ...group, type: group.type || 'classic', topics: committed?.size ?? null, lag }
      })
      for (const { nodeId, reason } of missing)
        process.stderr.write(`broker ${nodeId} did not list its groups: ${reason}\n`)
      const table = rows.map(({ id, state, type, topics, lag, coordinator }) => [
        id,
        state,
        type,
        topics,
        lag,
        coordinator,
      ])
      const text = textTable(['GROUP', 'STATE', 'TYPE', 'TOPICS', 'LAG', 'COORDINATOR'], table)
      process.stdout.write(args.flag('json') ? `${JSON.stringify(rows, null, 2)}\n` : text)
      return missing.length > 0 ? 1 : 0
    }),
}
