import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type ClusterSettings, type ConsoleOptions, consoleSettings, defaultUserFilePath } from '@odradek/api'
import { z } from 'zod'
import { keyFileBeside } from './key-file.ts'

/** What someone typed that makes no console; its message is one line. */
export class OptionError extends Error {}

export interface StartOptions {
  readonly host: string
  readonly port: number
  /** Whether the next free port is taken where `port` is not free; a port that was asked for is not replaced. */
  readonly portMayMove: boolean
  readonly dev: boolean
  /** Whether the sample shop is opened in the first cluster. */
  readonly demo: boolean
  readonly console: ConsoleOptions
}

export const usage = `odradek console: the web console, for any Kafka cluster.

  --bootstrap HOST:PORT[,…]   The cluster's brokers [127.0.0.1:9092]
  --name TEXT                 What the cluster is called [local]
  --config FILE               Clusters, users and sign-in, as JSON
  --users FILE                Local users, made by odradek console users add [~/.config/odradek/console-users.json]
  --port PORT                 Listen on this port [8080, or the next free one]; 0 takes a free one
  --host HOST                 Listen on this address [127.0.0.1]
  --demo                      Load a sample shop into the first cluster
  --read-only                 Change nothing
`

const file = consoleSettings.extend({
  host: z.string().min(1).optional(),
  port: z.int().min(0).max(65_535).optional(),
})

/** Reads the flags and the file they name. @throws OptionError */
export function readOptions(words: readonly string[]): StartOptions | 'help' {
  let values: ReturnType<typeof parse>
  try {
    values = parse(words)
  } catch (error) {
    throw new OptionError(`${(error as Error).message.split('\n')[0]}\n${usage}`)
  }
  if (values.help) return 'help'
  const kept = values.config === undefined ? undefined : readFile(values.config)
  const port = values.port === undefined ? kept?.port : Number(values.port)
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new OptionError(`--port must be a number from 0 to 65535, not "${values.port}"`)
  }
  if (kept !== undefined && values.bootstrap !== undefined) {
    throw new OptionError('--bootstrap and --config do not go together: the file names the clusters')
  }
  const id =
    (values.name ?? 'local')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'local'
  const clusters: readonly ClusterSettings[] = kept?.clusters ?? [
    { id, name: values.name ?? 'local', bootstrap: (values.bootstrap ?? '127.0.0.1:9092').split(',') },
  ]
  return {
    host: values.host ?? kept?.host ?? '127.0.0.1',
    port: port ?? 8080,
    portMayMove: port === undefined,
    dev: values.dev ?? false,
    demo: values.demo ?? false,
    console: {
      clusters,
      readOnly: values['read-only'] ?? kept?.readOnly ?? false,
      users: values.users ?? kept?.users ?? defaultUserFilePath(),
      oidc: kept?.oidc,
      publicUrl: kept?.publicUrl,
      keyFile: keyFileBeside(values.users ?? kept?.users ?? defaultUserFilePath()),
      webhookHosts: kept?.webhookHosts,
    },
  }
}

function parse(words: readonly string[]) {
  return parseArgs({
    args: [...words],
    options: {
      bootstrap: { type: 'string', short: 'b' },
      name: { type: 'string' },
      config: { type: 'string', short: 'c' },
      users: { type: 'string' },
      port: { type: 'string', short: 'p' },
      host: { type: 'string' },
      demo: { type: 'boolean' },
      'read-only': { type: 'boolean' },
      dev: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  }).values
}

function readFile(path: string) {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new OptionError(`${path} cannot be read: ${(error as Error).message}`)
  }
  const parsed = file.safeParse(withEnvironment(json, path))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new OptionError(`${path}: ${issue?.path.join('.')}: ${issue?.message}`)
  }
  const clusters = parsed.data.clusters.map((cluster) => {
    return cluster.tls === undefined ? cluster : { ...cluster, tls: withCertificates(cluster.tls, path) }
  })
  return { ...parsed.data, clusters: clusters as ClusterSettings[] }
}

/** `${NAME}` in a text is the variable of that name, so that no password need stand in the file. */
function withEnvironment(value: unknown, path: string): unknown {
  if (typeof value === 'string') {
    return value.replace(/\$\{(\w+)\}/g, (_, name: string) => {
      const text = process.env[name]
      if (text === undefined) throw new OptionError(`${path}: the variable ${name} is not set`)
      return text
    })
  }
  if (Array.isArray(value)) return value.map((one) => withEnvironment(one, path))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withEnvironment(one, path)]))
}

/** Certificates and keys that are not there as PEM are files, named from where the settings are. */
function withCertificates<Tls extends object>(tls: Tls, path: string): Tls {
  const entries = Object.entries(tls).map(([key, value]) => {
    const isFile = ['ca', 'cert', 'key'].includes(key) && typeof value === 'string' && !value.includes('-----BEGIN')
    if (!isFile) return [key, value]
    const file = resolve(dirname(path), value)
    try {
      return [key, readFileSync(file, 'utf8')]
    } catch (error) {
      throw new OptionError(`${path}: tls.${key}: ${file} cannot be read: ${(error as Error).message}`)
    }
  })
  return Object.fromEntries(entries)
}
