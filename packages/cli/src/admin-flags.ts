import {
  type AdminListeners,
  adminListenersAt,
  type Cluster,
  describeConfigs,
  findAdminListeners,
  type SilentBroker,
  silentText,
} from '@odradek/client'
import { clusterFlags, withCluster } from './cluster-flags.ts'
import { type Arguments, CommandError, type Flag, UsageError } from './command.ts'

/** The flags of commands about what brokers answer on their admin listeners. */
export const adminFlags = {
  ...clusterFlags,
  admin: { type: 'string', value: 'HOST:PORT,…', doc: 'Admin listeners of the brokers [as the brokers tell].' },
} as const satisfies Record<string, Flag>

/** Runs `work` with the cluster and the admin listeners of its brokers. What cannot be done ends as one line. */
export function withAdmin(
  args: Arguments,
  work: (listeners: AdminListeners, cluster: Cluster) => Promise<number>,
): Promise<number> {
  return withCluster(args, async (cluster) => {
    try {
      return await work(await listenersOf(args, cluster), cluster)
    } catch (error) {
      // What fetch and the brokers say is for a person.
      const isPlain = error instanceof Error && (error.constructor === Error || error.constructor === TypeError)
      throw isPlain ? new CommandError(error.message) : error
    }
  })
}

/** The admin listeners that the flags name, or those that the brokers tell. */
export async function listenersOf(args: Arguments, cluster: Cluster): Promise<AdminListeners> {
  const given = args.text('admin')
  return given === undefined ? findAdminListeners(cluster) : adminListenersAt(given.split(','))
}

/** Says whose records are not in what is printed. */
export function warnOfSilent(silent: readonly SilentBroker[]): void {
  if (silent.length > 0) process.stderr.write(`odradek: not all is known: ${silentText(silent)}\n`)
}

/** The topic that a name means: RocketMQ's `%RETRY%group` and `%DLQ%group` mean the topics of that group. */
export async function topicNamed(cluster: Cluster, name: string): Promise<string> {
  const match = /^%(RETRY|DLQ)%(.+)$/s.exec(name)
  if (match === null) return name
  const key = match[1] === 'RETRY' ? 'retry.topic.name' : 'dlq.topic.name'
  const entries = await describeConfigs(cluster, { type: 'group', name: match[2]! }, [key])
  return entries.find((entry) => entry.name === key)?.value ?? name
}

/** A whole number that a flag gives; undefined without one. */
export function numberOf(args: Arguments, name: string): number | undefined {
  const text = args.text(name)
  if (text === undefined) return undefined
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`--${name} must be a whole number, not "${text}"`)
  return Number(text)
}

/** A time that a flag gives, in epoch milliseconds: a number of them, or an ISO date. */
export function timeOf(args: Arguments, name: string): number | undefined {
  const text = args.text(name)
  if (text === undefined) return undefined
  const time = /^\d{1,15}$/.test(text) ? Number(text) : Date.parse(text)
  if (!Number.isNaN(time)) return time
  throw new UsageError(`--${name} must be epoch milliseconds or a date like 2026-11-23T04:00Z, not "${text}"`)
}
