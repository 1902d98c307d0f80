import { clusterHistory, type HistoryEvent } from '@odradek/client'
import { clusterEventKinds } from '@odradek/protocol'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import { type Arguments, type Command, CommandError, UsageError } from '../command.ts'
import { parseNumber, parseTime } from '../partition-scope.ts'
import { textTable } from '../text-table.ts'

export const clusterHistoryCommand: Command = {
  name: 'cluster history',
  summary:
    'Print what happened to brokers, controllers, leaders, in-sync replicas and replicas that were moved, newest first.',
  flags: {
    topic: { type: 'string', short: 't', value: 'TOPIC', doc: 'Only of partitions of this topic.' },
    partition: { type: 'string', short: 'p', value: 'P', doc: 'Only of this partition; needs --topic.' },
    broker: { type: 'string', value: 'ID', doc: 'Only what this broker did: came, went, led, left or joined.' },
    kind: {
      type: 'string',
      multiple: true,
      value: 'KIND',
      doc: `Only of this kind; may be repeated: ${clusterEventKinds.join(', ')}.`,
    },
    since: { type: 'string', value: 'TIME', doc: 'None older: a time, or how long ago (2h, 7d).' },
    limit: { type: 'string', short: 'n', value: 'N', doc: 'How many at most [100].' },
    ...clusterFlags,
  },
  examples: [
    'odradek cluster history',
    'odradek cluster history --topic orders --partition 3 --since 1h',
    'odradek cluster history --kind leaderElected --kind leaderLost --json',
  ],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const { isKept, events, before } = await clusterHistory(cluster, queryOf(args))
      if (!isKept) {
        throw new CommandError(
          'this cluster has no history: Odradek begins one a few seconds after a second broker joins, other brokers keep none',
        )
      }
      if (args.flag('json')) process.stdout.write(`${JSON.stringify({ events, before }, null, 2)}\n`)
      else if (events.length === 0) process.stdout.write('Nothing of that kind happened.\n')
      else {
        const rows = events.map((event) => [new Date(event.atMs).toISOString(), subjectOf(event), textOf(event)])
        process.stdout.write(textTable(['TIME', 'WHAT', 'HAPPENED'], rows))
      }
      return 0
    }),
}

function queryOf(args: Arguments) {
  const [topic, partition, broker, since] = ['topic', 'partition', 'broker', 'since'].map((flag) => args.text(flag))
  if (partition !== undefined && topic === undefined) throw new UsageError('--partition needs --topic')
  const kinds = args.list('kind').map((text) => {
    const kind = clusterEventKinds.find((known) => known === text)
    if (kind === undefined) throw new UsageError(`--kind must be one of ${clusterEventKinds.join(', ')}, not "${text}"`)
    return kind
  })
  return {
    limit: parseNumber('limit', args.text('limit') ?? '100', 1),
    topic,
    partition: partition === undefined ? undefined : parseNumber('partition', partition),
    broker: broker === undefined ? undefined : parseNumber('broker', broker),
    kinds: kinds.length === 0 ? undefined : kinds,
    sinceMs: since === undefined ? undefined : parseTime('since', since, Date.now()),
  }
}

function subjectOf(event: HistoryEvent): string {
  return 'topic' in event ? `${event.topic}-${event.partition}` : `broker ${event.broker}`
}

function textOf(event: HistoryEvent): string {
  switch (event.kind) {
    case 'brokerUp':
      return `came${event.rack === null ? '' : `, rack ${event.rack}`}`
    case 'brokerStopping':
      return 'is about to stop'
    case 'brokerDown':
      return event.isOrderly ? 'stopped' : 'is gone: its lease ended'
    case 'controllerElected':
      return `is controller, epoch ${event.epoch}`
    case 'controllerLost':
      return 'is no longer controller'
    case 'isrShrunk':
    case 'isrExpanded':
      return `in sync ${ids(event.isr)}, before ${ids(event.before)}${event.leader < 0 ? '' : `, leader ${event.leader}`}`
    case 'leaderElected': {
      const how = event.isClean ? '' : ', though it was not in sync: records may be lost'
      return `leader ${event.leader}, before ${event.before < 0 ? 'none' : event.before}, epoch ${event.leaderEpoch}${how}`
    }
    case 'leaderLost':
      return `no leader, before ${event.before}, epoch ${event.leaderEpoch}`
    case 'reassignmentBegun':
      return `replicas ${ids(event.before)} are being moved to ${ids(event.replicas)}`
    case 'reassignmentDone':
      return `replicas ${ids(event.replicas)}, before ${ids(event.before)}`
    case 'reassignmentCancelled':
      return `the move was taken back: replicas ${ids(event.replicas)}`
    default:
      return event satisfies never
  }
}

function ids(list: readonly number[]): string {
  return list.length === 0 ? 'none' : list.join(',')
}
