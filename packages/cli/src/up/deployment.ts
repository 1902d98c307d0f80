/**
 * A cluster on one machine, as `odradek up` starts it: what each mode sets, and where each broker is.
 *
 *   DIR/up.json             what runs now, for `odradek status`
 *   DIR/store/              the metadata of the cluster, served by the supervisor on DIR/store.sock
 *   DIR/brokers/<n>/        the data of broker n
 *   DIR/logs/broker-<n>.log
 */
import { createHash } from 'node:crypto'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'

export const modes = ['single', 'multi-master', 'async-replica', 'sync-replica'] as const
export type Mode = (typeof modes)[number]

/** Brokers that a mode has unless it is said. */
export const defaultBrokers: Readonly<Record<Mode, number>> = {
  single: 1,
  'multi-master': 3,
  'async-replica': 3,
  'sync-replica': 3,
}

/** Replicas where there are so many brokers: more cost more than they protect. */
const REPLICAS_MAX = 3
/** What the system takes as the path of a Unix socket, its end included. */
const SOCKET_PATH_BYTES_MAX = 104

export interface DeploymentRequest {
  readonly mode: Mode
  readonly host: string
  /** Of each broker: as many as there are to be. */
  readonly ports: readonly number[]
  readonly adminPorts: readonly number[]
  /** Absolute. */
  readonly directory: string
  /** Settings of the user, for all brokers. */
  readonly texts: Readonly<Record<string, string>>
}

export interface BrokerPlan {
  readonly nodeId: number
  readonly directory: string
  readonly logFile: string
  /** All settings it is started with. */
  readonly texts: Readonly<Record<string, string>>
}

export interface Deployment {
  readonly mode: Mode
  readonly directory: string
  readonly stateFile: string
  readonly storeDirectory: string
  readonly socketPath: string
  readonly brokers: readonly BrokerPlan[]
}

/** Settings that `up` gives each broker itself. */
export const ownedKeys: readonly string[] = [
  'node.id',
  'broker.id',
  'listeners',
  'advertised.listeners',
  'admin.listener',
  'log.dirs',
  'log.dir',
  'metadata.store',
]

/** The settings that make a mode: docs/deploy.md lists them for brokers on several machines. */
export function modeTexts(mode: Mode, brokers: number): Record<string, string> {
  const replicas = Math.min(REPLICAS_MAX, brokers)
  const internal = { 'offsets.topic.replication.factor': String(replicas) }
  switch (mode) {
    case 'single':
      return {}
    case 'multi-master':
      return internal
    case 'async-replica':
      return { ...internal, 'default.replication.factor': String(replicas), 'replication.mode': 'async' }
    case 'sync-replica':
      return {
        ...internal,
        'default.replication.factor': String(replicas),
        'replication.mode': 'sync',
        'min.insync.replicas': String(Math.min(2, replicas)),
      }
  }
}

export function planDeployment(request: DeploymentRequest): Deployment {
  const { mode, directory, host, ports, adminPorts } = request
  const socketPath = socketPathIn(directory)
  const shared = { 'broker.rack': hostname(), ...modeTexts(mode, ports.length), ...request.texts }
  const brokers = ports.map((port, index): BrokerPlan => {
    const nodeId = index + 1
    const data = join(directory, 'brokers', String(nodeId))
    return {
      nodeId,
      directory: data,
      logFile: join(directory, 'logs', `broker-${nodeId}.log`),
      texts: {
        ...shared,
        'node.id': String(nodeId),
        listeners: `PLAINTEXT://${bracketed(host)}:${port}`,
        'admin.listener': `127.0.0.1:${adminPorts[index]}`,
        'log.dirs': data,
        'metadata.store': `unix:${socketPath}`,
      },
    }
  })
  return {
    mode,
    directory,
    stateFile: join(directory, 'up.json'),
    storeDirectory: join(directory, 'store'),
    socketPath,
    brokers,
  }
}

/** In the directory, or where that is too long for a socket, a name of its own among temporary files. */
export function socketPathIn(directory: string): string {
  const path = join(directory, 'store.sock')
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX) return path
  return join(tmpdir(), `odradek-${createHash('sha256').update(directory).digest('hex').slice(0, 16)}.sock`)
}

export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
