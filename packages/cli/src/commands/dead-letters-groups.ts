import { findDeadLetterTopics, summarizeDeadLetters, topErrors } from '@odradek/client'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import type { Command } from '../command.ts'
import { timeText } from '../terminal-text.ts'
import { textTable } from '../text-table.ts'

export const deadLettersGroups: Command = {
  name: 'dead-letters groups',
  summary: 'Print the topics of dead letters: whose they are, how many there are, what went wrong most.',
  flags: {
    topic: { type: 'string', short: 't', value: 'TOPIC', multiple: true, doc: 'This topic too, whatever its name.' },
    ...clusterFlags,
  },
  examples: ['odradek dead-letters groups', 'odradek dead-letters groups --topic orders-failed'],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const topics = await findDeadLetterTopics(cluster, { also: args.list('topic') })
      const counted = await summarizeDeadLetters(cluster, topics)
      const errors = await topErrors(cluster, counted)
      const summaries = counted.map((summary) => ({ ...summary, topError: errors.get(summary.topic) ?? null }))
      const partial = summaries.filter(({ isPartial }) => isPartial).map(({ topic }) => topic)
      if (partial.length > 0) {
        process.stderr.write(`odradek: not all is known: partitions of ${partial.join(', ')} cannot be asked\n`)
      }
      if (args.flag('json')) {
        const rows = summaries.map((summary, at) => ({ ...topics[at], ...summary }))
        process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`)
        return 0
      }
      const time = (ms: number | null) => (ms === null ? null : timeText(ms))
      const head = ['GROUP', 'TOPIC', 'LETTERS', 'LAST 24H', 'OLDEST', 'NEWEST', 'MOST OFTEN']
      const rows = summaries.map((summary) => {
        const { group, topic, depth, isPartial, grown, oldestMs, newestMs, topError } = summary
        return [group, topic, isPartial ? `≥ ${depth}` : depth, grown, time(oldestMs), time(newestMs), topError]
      })
      process.stdout.write(rows.length === 0 ? 'No topic holds dead letters.\n' : textTable(head, rows))
      return 0
    }),
}
