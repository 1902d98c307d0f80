import { resolve } from 'node:path'
import type { Command } from '../command.ts'
import { counted, textTable } from '../text-table.ts'
import { isRunning, readUpState, type UpState } from '../up/up-state.ts'

/** What is asked of a broker's admin listener: the part of `GET /v1/cluster` and `GET /health` that is shown. */
interface ClusterView {
  readonly clusterId: string
  readonly controllerId: number
  readonly storeProblem: string | null
  readonly partitions: number
  readonly brokers: readonly {
    readonly id: number
    readonly leaders: number
    readonly replicas: number
    readonly inSync: number
  }[]
  readonly underReplicated: readonly object[]
  readonly offline: readonly object[]
  readonly moving: readonly object[]
}
interface Health {
  readonly status: string
  readonly problems: readonly string[]
}

const ANSWER_MS_MAX = 2_000

export const status: Command = {
  name: 'status',
  summary: 'Print how the cluster is that odradek up started; exit code 1 when something is wrong.',
  flags: {
    'data-dir': { type: 'string', short: 'd', value: 'DIR', doc: 'The directory of odradek up [./cluster].' },
    json: { type: 'boolean', doc: 'Print JSON.' },
  },
  otherFlags: {
    bootstrap: 'odradek status reads the directory of odradek up; odradek cluster describe takes --bootstrap',
  },
  examples: ['odradek status', 'odradek status --data-dir /var/lib/odradek --json'],
  async run(args) {
    const directory = resolve(args.text('data-dir') ?? 'cluster')
    const state = readUpState(directory)
    if (state === null || !(await isRunning(state))) {
      if (args.flag('json')) process.stdout.write(`${JSON.stringify({ running: false, directory })}\n`)
      else process.stdout.write(`Nothing runs in ${directory}.\n`)
      return 1
    }
    const healths = await Promise.all(state.brokers.map((broker) => ask<Health>(broker, '/health')))
    const views = await Promise.all(state.brokers.map((broker) => ask<ClusterView>(broker, '/v1/cluster')))
    const cluster = views.find((view) => view !== null) ?? null
    const isWell = isAllWell(healths, cluster)
    if (args.flag('json')) {
      const brokers = state.brokers.map((broker, index) => ({ ...broker, health: healths[index] ?? null }))
      process.stdout.write(`${JSON.stringify({ running: true, directory, ...state, brokers, cluster }, null, 2)}\n`)
      return isWell ? 0 : 1
    }
    process.stdout.write(report(state, healths, cluster))
    return isWell ? 0 : 1
  },
}

async function ask<T>({ adminAddress }: UpState['brokers'][number], path: string): Promise<T | null> {
  if (adminAddress === null) return null
  try {
    const response = await fetch(`http://${adminAddress}${path}`, { signal: AbortSignal.timeout(ANSWER_MS_MAX) })
    return (await response.json()) as T
  } catch {
    return null
  }
}

function isAllWell(healths: readonly (Health | null)[], cluster: ClusterView | null): boolean {
  if (cluster === null || cluster.controllerId === -1 || cluster.storeProblem !== null) return false
  if (cluster.underReplicated.length + cluster.offline.length > 0) return false
  return healths.every((health) => health?.status === 'ok')
}

function report(state: UpState, healths: readonly (Health | null)[], cluster: ClusterView | null): string {
  const lines = [
    `${state.mode}, ${counted(state.brokers.length, 'broker')}, process ${state.pid}, since ${state.startedAt}`,
  ]
  if (cluster !== null) {
    const { clusterId, controllerId, partitions, underReplicated, offline, moving } = cluster
    const controller = controllerId === -1 ? 'no broker' : `broker ${controllerId}`
    lines.push(`cluster ${clusterId}, ${controller} is controller`)
    lines.push(
      `${counted(partitions, 'partition')}: ${underReplicated.length} under-replicated, ${offline.length} offline, ${moving.length} being moved`,
    )
  }
  const rows = state.brokers.map((broker, index) => {
    const counts = cluster?.brokers.find(({ id }) => id === broker.nodeId)
    return [
      broker.nodeId,
      broker.address ?? '-',
      broker.state === 'serving' ? (healths[index]?.status ?? 'silent') : broker.state,
      broker.pid,
      broker.restarts,
      counts?.leaders ?? null,
      counts?.replicas ?? null,
      counts?.inSync ?? null,
    ]
  })
  const head = ['BROKER', 'ADDRESS', 'STATE', 'PID', 'RESTARTS', 'LEADS', 'REPLICAS', 'IN SYNC']
  const problems = healths.flatMap((health, index) =>
    (health?.problems ?? []).map((problem) => `broker ${state.brokers[index]!.nodeId}: ${problem}`),
  )
  const ends = state.brokers.flatMap(({ nodeId, lastEnd, logFile }) =>
    lastEnd === null ? [] : [`broker ${nodeId} ended with ${lastEnd}; see ${logFile}`],
  )
  const notes = [...problems, ...ends]
  const tail = notes.length === 0 ? '' : `\n${notes.join('\n')}\n`
  return `${lines.join('\n')}\n\n${textTable(head, rows)}${tail}`
}
