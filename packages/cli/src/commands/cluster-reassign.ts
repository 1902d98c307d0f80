import {
  alterReassignments,
  type Cluster,
  listReassignments,
  type PlannedMove,
  planReassignment,
  throttleMoves,
  unthrottleMoves,
} from '@odradek/client'
import { errorName } from '@odradek/protocol'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import { type Arguments, type Command, CommandError, UsageError } from '../command.ts'
import { parseNumber, parseTopicScope } from '../partition-scope.ts'
import { counted } from '../text-table.ts'

export const clusterReassign: Command = {
  name: 'cluster reassign',
  summary:
    'Move partitions to other brokers, evenly: to fill one that is new, or to empty one that is to go. Prints the plan; --apply does it.',
  flags: {
    brokers: {
      type: 'string',
      value: '1,2,…',
      doc: 'The brokers that are to have the partitions [all that are alive].',
    },
    topic: {
      type: 'string',
      short: 't',
      multiple: true,
      value: 'TOPIC[:N,…]',
      doc: 'Only this topic, or these partitions of it; may be repeated [all].',
    },
    replicas: { type: 'string', value: 'N', doc: 'How many replicas each partition gets [as many as it has].' },
    apply: {
      type: 'boolean',
      doc: 'Do it. The command ends when the move has begun: cluster describe shows how far it is.',
    },
    throttle: {
      type: 'string',
      value: 'BYTES',
      doc: 'With --apply: copy so many bytes a second at most, from and to each broker. It holds until --unthrottle.',
    },
    unthrottle: { type: 'boolean', doc: 'Copy as fast as it goes again, and forget what was held up.' },
    cancel: {
      type: 'boolean',
      doc: 'Take back the moves that are not done, of what --topic names or of all; of all, also what held them up.',
    },
    ...clusterFlags,
  },
  examples: [
    'odradek cluster reassign',
    'odradek cluster reassign --brokers 1,3 --apply',
    'odradek cluster reassign --topic orders --replicas 3 --apply',
    'odradek cluster reassign --brokers 1,3 --throttle 20000000 --apply',
    'odradek cluster reassign --unthrottle',
    'odradek cluster reassign --cancel',
    'odradek cluster reassign --cancel --topic orders:3',
  ],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const scopes = args.list('topic').map(parseTopicScope)
      if (args.flag('cancel')) return await cancel(cluster, args, scopes)
      if (args.flag('unthrottle')) return await unthrottle(cluster, args)
      const throttle = args.text('throttle')
      const bytesPerSecond = throttle === undefined ? null : parseNumber('throttle', throttle, 1)
      const plan = await planOf(cluster, args, scopes)
      if (args.flag('apply') && plan.length > 0) {
        // First: what is copied meanwhile would not be held up.
        if (bytesPerSecond !== null) await throttleMoves(cluster, plan, bytesPerSecond)
        const moves = plan.map(({ topic, partition, target }) => ({ topic, partition, replicas: target }))
        return report(args, plan, await alterReassignments(cluster, moves))
      }
      return report(args, plan, null)
    }),
}

async function unthrottle(cluster: Cluster, args: Arguments): Promise<number> {
  const topics = await unthrottleMoves(cluster)
  const text = topics === 0 ? 'Nothing was held up.' : `${counted(topics, 'topic')} no longer held up.`
  process.stdout.write(args.flag('json') ? `${JSON.stringify({ topics })}\n` : `${text}\n`)
  return 0
}

async function cancel(cluster: Cluster, args: Arguments, scopes: readonly Scope[]): Promise<number> {
  const moving = (await listReassignments(cluster)).filter(({ topic, partition }) => isIn(scopes, topic, partition))
  if (moving.length === 0) {
    const released = scopes.length === 0 ? await unthrottleMoves(cluster) : 0
    const held = released === 0 ? '' : ` ${counted(released, 'topic')} no longer held up.`
    process.stdout.write(args.flag('json') ? '[]\n' : `Nothing is being moved.${held}\n`)
    return 0
  }
  const moves = moving.map(({ topic, partition }) => ({ topic, partition, replicas: null }))
  const outcomes = await alterReassignments(cluster, moves)
  const failed = outcomes.filter(({ errorCode }) => errorCode !== 0)
  if (scopes.length === 0 && failed.length === 0) await unthrottleMoves(cluster)
  if (args.flag('json')) process.stdout.write(`${JSON.stringify(outcomes, null, 2)}\n`)
  else process.stdout.write(`${counted(outcomes.length - failed.length, 'move')} taken back.\n${problems(failed)}`)
  return failed.length === 0 ? 0 : 1
}

async function planOf(cluster: Cluster, args: Arguments, scopes: readonly Scope[]): Promise<PlannedMove[]> {
  const { brokers, topics } = await cluster.metadata(0)
  for (const { topic, partitions } of scopes) {
    const places = topics.get(topic)?.partitions
    if (places === undefined) throw new CommandError(`there is no topic "${topic}"`)
    const missing = partitions?.find((wanted) => !places.some(({ partition }) => partition === wanted))
    if (missing !== undefined) throw new CommandError(`there is no partition ${missing} of topic "${topic}"`)
  }
  const wanted = args
    .text('brokers')
    ?.split(',')
    .map((text) => parseNumber('brokers', text.trim(), 0))
  const unknown = wanted?.find((id) => !brokers.some(({ nodeId }) => nodeId === id))
  if (unknown !== undefined) throw new CommandError(`broker ${unknown} is not alive`)
  const targets = brokers
    .filter(({ nodeId }) => wanted === undefined || wanted.includes(nodeId))
    .map(({ nodeId, rack }) => ({ id: nodeId, rack }))
    .toSorted((a, b) => a.id - b.id)
  const text = args.text('replicas')
  const factor = text === undefined ? null : parseNumber('replicas', text, 1)
  if (factor !== null && factor > targets.length) {
    throw new UsageError(
      `--replicas ${factor} needs as many brokers, and ${counted(targets.length, 'broker')} are to have them`,
    )
  }
  const places = [...topics.values()].flatMap(({ name, partitions }) =>
    partitions
      .filter(({ partition }) => isIn(scopes, name, partition))
      .map(({ partition, replicas }) => ({ topic: name, partition, replicas })),
  )
  const tooMany = factor === null ? places.find(({ replicas }) => replicas.length > targets.length) : undefined
  if (tooMany !== undefined) {
    throw new CommandError(
      `${tooMany.topic}-${tooMany.partition} has ${tooMany.replicas.length} replicas, for ${counted(targets.length, 'broker')}. Ask for fewer with --replicas.`,
    )
  }
  return planReassignment(places, targets, factor)
}

type Scope = ReturnType<typeof parseTopicScope>

/** Without scopes everything is. */
function isIn(scopes: readonly Scope[], name: string, partition: number): boolean {
  if (scopes.length === 0) return true
  return scopes.some(({ topic, partitions }) => topic === name && (partitions?.includes(partition) ?? true))
}

type Outcomes = Awaited<ReturnType<typeof alterReassignments>>

function report(args: Arguments, plan: readonly PlannedMove[], outcomes: Outcomes | null): number {
  const failed = (outcomes ?? []).filter(({ errorCode }) => errorCode !== 0)
  if (args.flag('json')) {
    process.stdout.write(`${JSON.stringify({ applied: outcomes !== null, moves: plan, failed }, null, 2)}\n`)
  } else if (plan.length === 0) process.stdout.write('Nothing is to be moved: the partitions are there, evenly.\n')
  else {
    for (const { topic, partition, replicas, target } of plan) {
      process.stdout.write(`${topic}-${partition}: ${replicas.join(',')} to ${target.join(',')}\n`)
    }
    const done =
      outcomes === null
        ? 'would be moved. --apply does it'
        : `${plan.length === 1 ? 'is' : 'are'} being moved. odradek cluster describe shows how far`
    process.stdout.write(`\n${counted(plan.length, 'partition')} ${done}.\n${problems(failed)}`)
  }
  return failed.length === 0 ? 0 : 1
}

function problems(failed: Outcomes): string {
  return failed
    .map(
      ({ topic, partition, errorCode, errorMessage }) =>
        `${topic}-${partition}: ${errorMessage ?? errorName(errorCode)}\n`,
    )
    .join('')
}
