import type { Cluster, DelayedQuery } from '@odradek/client'
import { adminFlags, numberOf, timeOf, topicNamed } from './admin-flags.ts'
import { type Arguments, type Flag, UsageError } from './command.ts'

/** How records that wait are chosen. */
export const selectionFlags = {
  topic: { type: 'string', short: 't', value: 'TOPIC', doc: 'The topic; %RETRY%group means that of a group.' },
  partition: { type: 'string', short: 'p', value: 'N', doc: 'Only this partition.' },
  key: { type: 'string', value: 'TEXT', doc: 'Only records with this key.' },
  from: { type: 'string', value: 'TIME', doc: 'Only records due then or later (epoch ms, or a date).' },
  to: { type: 'string', value: 'TIME', doc: 'Only records due before then.' },
  limit: { type: 'string', value: 'N', doc: 'How many at most [100].' },
  ...adminFlags,
} as const satisfies Record<string, Flag>

export async function queryOf(args: Arguments, cluster: Cluster): Promise<DelayedQuery> {
  const topic = args.text('topic')
  if (topic === undefined) throw new UsageError('name the topic: --topic TOPIC')
  if (numberOf(args, 'limit') === 0) throw new UsageError('--limit must be at least 1')
  const narrow = {
    partition: numberOf(args, 'partition'),
    key: args.text('key'),
    from: timeOf(args, 'from'),
    to: timeOf(args, 'to'),
    limit: numberOf(args, 'limit'),
  }
  const given = Object.fromEntries(Object.entries(narrow).filter(([, value]) => value !== undefined))
  return { topic: await topicNamed(cluster, topic), ...given }
}
