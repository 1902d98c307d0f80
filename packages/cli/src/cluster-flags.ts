import { readFileSync } from 'node:fs'
import {
  Cluster,
  type ClusterOptions,
  KafkaError,
  RefusedError,
  UnreachableError,
  UnsupportedError,
} from '@odradek/client'
import { type Arguments, CommandError, type Flag, UsageError } from './command.ts'

/** The flags of every command that talks to a cluster. */
export const clusterFlags = {
  bootstrap: { type: 'string', short: 'b', value: 'HOST:PORT,…', doc: "The cluster's brokers [127.0.0.1:9092]." },
  'client-config': {
    type: 'string',
    value: 'FILE',
    doc: 'TLS and SASL as JSON: {"tls": {"ca": "PEM"}, "sasl": {"mechanism": "PLAIN", "username": "…", "password": "…"}}.',
  },
  json: { type: 'boolean', doc: 'Print JSON.' },
} as const satisfies Record<string, Flag>

/** Runs `work` with the cluster of the flags. What the cluster refuses, or that it is away, ends as one line for a person. */
export async function withCluster(args: Arguments, work: (cluster: Cluster) => Promise<number>): Promise<number> {
  await using cluster = openCluster(optionsOf(args))
  try {
    return await work(cluster)
  } catch (error) {
    if (error instanceof KafkaError) {
      throw new CommandError(
        `cannot ${error.tried}: ${error.message} (${error.errorName}, ${error.code}) ${error.remedy}`,
      )
    }
    const isTold =
      error instanceof RefusedError || error instanceof UnreachableError || error instanceof UnsupportedError
    const stop = error instanceof UnreachableError && !error.message.endsWith('.') ? '.' : ''
    if (isTold) throw new CommandError(`cannot ${error.tried}: ${error.message}${stop} ${error.remedy}`)
    throw error
  }
}

function openCluster(options: ClusterOptions): Cluster {
  try {
    return new Cluster(options)
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(`--bootstrap: ${error.message}`)
    throw error
  }
}

function optionsOf(args: Arguments): ClusterOptions {
  const bootstrap = (args.text('bootstrap') ?? '127.0.0.1:9092').split(',')
  const path = args.text('client-config')
  const options = { bootstrap, clientId: 'odradek-cli' }
  if (path === undefined) return options
  let settings: unknown
  try {
    settings = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new CommandError(`${path} cannot be read: ${(error as Error).message}`)
  }
  if (settings === null || typeof settings !== 'object') throw new CommandError(`${path} must be a JSON object`)
  const unknown = Object.keys(settings).find((key) => key !== 'tls' && key !== 'sasl')
  if (unknown !== undefined) throw new CommandError(`${path}: there is no "${unknown}"; the keys are tls and sasl`)
  const { tls, sasl } = settings as Pick<ClusterOptions, 'tls' | 'sasl'>
  return { ...options, ...(tls ? { tls } : {}), ...(sasl ? { sasl } : {}) }
}
