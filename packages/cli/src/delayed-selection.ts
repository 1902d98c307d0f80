import type { Cluster, DelayedQuery } from '@odradek/client'
import { adminFlags, numberOf, timeOf, topicNamed } from './admin-flags.ts'
import { type Arguments, type Flag, UsageError } from './command.ts'

const LIMIT_MAX = 10_000

/** How records that wait are chosen. */
export const selectionFlags = {
  topic: { type: 'string', short: 't', value: 'TOPIC', doc: 'The topic; %RETRY%group means that of a group.' },
  partition: { type: 'string', short: 'p', value: 'N', doc: 'Only this partition.' },
  key: { type: 'string', value: 'TEXT', doc: 'Only records with this key.' },
  from: { type: 'string', value: 'TIME', doc: 'Only records due then or later (epoch ms, or a date).' },
  to: { type: 'string', value: 'TIME', doc: 'Only records due before then.' },
  limit: { type: 'string', value: 'N', doc: 'How many at most, of all brokers together: up to 10000 [100].' },
  ...adminFlags,
} as const satisfies Record<string, Flag>

export async function queryOf(args: Arguments, cluster: Cluster): Promise<DelayedQuery> {
  const topic = args.text('topic')
  if (topic === undefined) throw new UsageError('name the topic: --topic TOPIC')
  const limit = numberOf(args, 'limit')
  // A broker tells of no more at once.
  if (limit === 0 || (limit ?? 1) > LIMIT_MAX) throw new UsageError(`--limit must be from 1 to ${LIMIT_MAX}`)
  const narrow = {
    partition: numberOf(args, 'partition'),
    key: args.text('key'),
    from: timeOf(args, 'from'),
    to: timeOf(args, 'to'),
    limit,
  }
  const given = Object.fromEntries(Object.entries(narrow).filter(([, value]) => value !== undefined))
  return { topic: await topicNamed(cluster, topic), ...given }
}
