import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import {
  type BrokerConfig,
  brokerConfig,
  nearestWord,
  parseBrokerConfig,
  parseHostAndPort,
  parseListener,
} from '@odradek/config'
import { type Arguments, CommandError, type Flag, UsageError } from './command.ts'
import { parseProperties } from './properties.ts'

/** The flags by which a broker is configured, shared by the commands that run one. */
export const configFlags = {
  port: { type: 'string', short: 'p', value: 'PORT', doc: 'Listen on this port; 0 takes a free one.' },
  host: { type: 'string', value: 'HOST', doc: 'Listen on this address [127.0.0.1].' },
  'data-dir': { type: 'string', short: 'd', value: 'DIR', doc: 'Keep the data there (log.dirs).' },
  config: { type: 'string', short: 'c', value: 'FILE', doc: 'Read keys from a .yaml or .properties file.' },
  set: { type: 'string', short: 's', value: 'KEY=VALUE', multiple: true, doc: 'Set one key; may be repeated.' },
} as const satisfies Record<string, Flag>

const ENVIRONMENT_PREFIX = 'ODRADEK_'
/** Variables of ours that are no keys: they choose how the process works, not what it does. */
const NOT_KEYS = new Set([
  'ODRADEK_NATIVE',
  'ODRADEK_SUPERVISED',
  'ODRADEK_TEST_COUNTS',
  'ODRADEK_CONSOLE_TYPES',
  'ODRADEK_CONSOLE_DIST',
])

/** Why a file cannot be read, by the system's code. */
const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a directory',
  EACCES: 'this user may not read it',
}

/** What the file, the environment and the flags say together. */
export interface CollectedConfig {
  readonly config: BrokerConfig
  /** The keys that were set, in text form. */
  readonly texts: Readonly<Record<string, string>>
  /** Lines for the person who started this, about things that were passed over. */
  readonly warnings: readonly string[]
}

/**
 * Collects a broker's configuration; later wins: file, environment (`ODRADEK_LOG_RETENTION_MS`), flags.
 * @throws CommandError naming every entry that is refused and where it stands.
 */
export async function collectConfig(
  args: Arguments,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<CollectedConfig> {
  // Without a prototype, so that a key of any name is an entry and gets its answer.
  const entries: Record<string, string> = Object.create(null)
  const origins = new Map<string, string>()
  const add = (key: string, value: string, origin: string) => {
    entries[key] = value
    origins.set(key, origin)
  }
  const file = args.text('config')
  if (file !== undefined) {
    for (const [key, value] of Object.entries(await readConfigFile(file))) add(key, value, file)
  }
  const warnings: string[] = []
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith(ENVIRONMENT_PREFIX) || NOT_KEYS.has(name) || value === undefined) continue
    const key = name.slice(ENVIRONMENT_PREFIX.length).toLowerCase().replaceAll('_', '.')
    // Orchestrators put variables of their own under a service's name (ODRADEK_PORT, ODRADEK_SERVICE_HOST).
    if (Object.hasOwn(brokerConfig, key)) add(key, value, name)
    else warnings.push(`the environment variable ${name} names no key and has no effect${similarVariable(key)}`)
  }
  for (const pair of args.list('set')) {
    const at = pair.indexOf('=')
    if (at <= 0) throw new UsageError(`--set needs KEY=VALUE, not "${pair}"`)
    add(pair.slice(0, at).trim(), pair.slice(at + 1), '--set')
  }
  const directory = args.text('data-dir')
  if (directory !== undefined) add('log.dirs', directory, '--data-dir')
  addAddress(args, entries, add)

  const { config, texts, errors } = parseBrokerConfig(entries)
  if (errors.length > 0) {
    const lines = errors.map(({ key, text }) => {
      const origin = origins.get(key)
      return origin === undefined ? text : `${origin}: ${text}`
    })
    throw new CommandError(lines.join('\nodradek: '))
  }
  return { config, texts, warnings }
}

/** The variable of a key that is nearly this one, for a hint. */
function similarVariable(key: string): string {
  const nearest = nearestWord(key, Object.keys(brokerConfig))
  // Farther away it is hardly a slip of the hand.
  if (nearest === null || nearest.distance > 2) return ''
  return `. Did you mean ${ENVIRONMENT_PREFIX}${nearest.word.toUpperCase().replaceAll('.', '_')}?`
}

/** `--port` and `--host` are the address of the one listener; with several it would be a guess which is meant. */
function addAddress(
  args: Arguments,
  entries: Readonly<Record<string, string>>,
  add: (key: string, value: string, origin: string) => void,
): void {
  const port = args.text('port')
  const host = args.text('host')
  if (port === undefined && host === undefined) return
  if (port !== undefined && parseHostAndPort(`:${port}`) === null) {
    throw new UsageError(`--port must be a number from 0 to 65535, not "${port}"`)
  }
  const given = entries.listeners?.split(',') ?? brokerConfig.listeners.default
  if (given.length > 1) throw new UsageError('--port and --host work with one listener; set listeners instead')
  const listener = parseListener(given[0]?.trim() ?? '')
  const name = listener?.name ?? 'PLAINTEXT'
  const address = host ?? listener?.host ?? '127.0.0.1'
  const bracketed = address.includes(':') && !address.startsWith('[') ? `[${address}]` : address
  const origin = port === undefined ? '--host' : '--port'
  add('listeners', `${name}://${bracketed}:${port ?? listener?.port ?? 9092}`, origin)
  // Whoever takes any free port runs several brokers side by side; a fixed admin port would let only one of them start.
  if (port === '0' && entries['admin.listener'] === undefined) add('admin.listener', '127.0.0.1:0', origin)
}

/** A file's entries as texts. Nested YAML keys are joined with dots, lists with commas. */
async function readConfigFile(file: string): Promise<Record<string, string>> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    throw new CommandError(`cannot read the config file ${file}: ${UNREADABLE[code] ?? code}`)
  }
  const extension = extname(file).toLowerCase()
  return extension === '.yaml' || extension === '.yml' || extension === '.json'
    ? parseYaml(file, text)
    : parseProperties(text)
}

/** @throws CommandError with the first problem of the text and its place */
async function parseYaml(file: string, text: string): Promise<Record<string, string>> {
  const { parse } = await import('yaml')
  // Every scalar stays text, so that 9223372036854775807 is not rounded and `on` is not a boolean before the key's row says so.
  let document: unknown
  try {
    document = parse(text, { schema: 'failsafe' })
  } catch (error) {
    const [firstLine = ''] = (error as Error).message.split('\n')
    throw new CommandError(`${file}: ${firstLine.replace(/:$/, '')}`)
  }
  const entries: Record<string, string> = {}
  if (document !== null && document !== '') flatten(file, '', document, entries)
  return entries
}

function flatten(file: string, path: string, node: unknown, entries: Record<string, string>): void {
  const isTop = path === ''
  if (!isTop && typeof node === 'string') entries[path] = node
  else if (!isTop && Array.isArray(node) && node.every((item) => typeof item === 'string'))
    entries[path] = node.join(',')
  else if (node !== null && typeof node === 'object' && !Array.isArray(node)) {
    for (const [key, child] of Object.entries(node)) flatten(file, isTop ? key : `${path}.${key}`, child, entries)
  } else throw new CommandError(`${file}: ${path || 'the file'} must be keys with texts, numbers or lists of them`)
}
