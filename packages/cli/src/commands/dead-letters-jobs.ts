import { resendJobs } from '@odradek/client'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import type { Command } from '../command.ts'
import { textTable } from '../text-table.ts'

export const deadLettersJobs: Command = {
  name: 'dead-letters jobs',
  summary: 'Print the jobs that send dead letters again, the newest first.',
  flags: clusterFlags,
  examples: ['odradek dead-letters jobs'],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const jobs = await resendJobs(cluster)
      if (args.flag('json')) {
        process.stdout.write(`${JSON.stringify(jobs, null, 2)}\n`)
        return 0
      }
      const head = ['JOB', 'TOPIC', 'TARGET', 'STATE', 'MATCHED', 'SENT', 'FAILED', 'SKIPPED', 'WAITING', 'MADE', 'BY']
      const rows = jobs.map((job) => {
        const { id, topic, target, state, matched, sent, failed, skipped, waiting, createdMs, by } = job
        const to = target.kind === 'topic' ? target.topic : target.kind
        return [id, topic, to, state, matched, sent, failed, skipped, waiting, new Date(createdMs).toISOString(), by]
      })
      process.stdout.write(rows.length === 0 ? 'There are no jobs.\n' : textTable(head, rows))
      return 0
    }),
}
