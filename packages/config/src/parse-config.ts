import { type BrokerConfig, brokerConfig } from './broker-config.ts'
import { parseListener } from './listener.ts'
import { unknownKeyText } from './nearest-key.ts'
import { resolveBrokerConfig } from './resolve-config.ts'
import type { ConfigOf, Table, Value } from './row.ts'
import { formatValue, type ParseOptions, parseValue } from './value.ts'

/** One entry that was refused. `text` is a whole sentence for the person who wrote it. */
export interface ConfigProblem {
  readonly key: string
  readonly value: string
  readonly text: string
}

/** Values as they come from a file, a flag, the wire or a program. */
export type ConfigEntries = Readonly<Record<string, string | number | boolean | readonly string[]>>

export interface ParsedConfig<T> {
  /** The values that were given and are good, under the keys they were given as. Nothing is filled in. */
  readonly values: Partial<ConfigOf<T>>
  /** The same in Kafka's text form, including keys that stand for another: what is stored and listed. */
  readonly texts: Readonly<Record<string, string>>
  readonly errors: readonly ConfigProblem[]
}

/** Checks entries against a table: unknown keys, values that do not parse, bounds. Never throws; reports every problem. */
export function parseConfig<T extends Table>(
  table: T,
  entries: ConfigEntries,
  options: ParseOptions = {},
): ParsedConfig<T> {
  const values: Record<string, Value> = {}
  const texts: Record<string, string> = {}
  const errors: ConfigProblem[] = []
  for (const [key, given] of Object.entries(entries)) {
    const value = typeof given === 'object' ? given.join(',') : String(given)
    const row = Object.hasOwn(table, key) ? table[key] : undefined
    if (row === undefined) {
      errors.push({ key, value, text: unknownKeyText(table, key) })
      continue
    }
    const parsed = parseValue(row, value, options)
    if (parsed.problem !== null) {
      errors.push({ key, value, text: `${key} ${parsed.problem}` })
      continue
    }
    if (row.standsFor === undefined) values[key] = parsed.value
    texts[key] = formatValue(row, parsed.value)
  }
  return { values: values as Partial<ConfigOf<T>>, texts, errors }
}

/**
 * Reads a broker's configuration as its file, environment and flags give it: checks every entry, then what the keys say
 * together. `config` has every key, defaults filled in; use it only when `errors` is empty.
 */
export function parseBrokerConfig(entries: ConfigEntries): {
  config: BrokerConfig
  texts: Readonly<Record<string, string>>
  errors: readonly ConfigProblem[]
} {
  const { texts, errors } = parseConfig(brokerConfig, entries, { suffixes: true })
  const config = resolveBrokerConfig({ static: texts })
  return { config, texts, errors: [...errors, ...conflictsOf(config)] }
}

/** In the order in which they come into force as a disk fills. */
const diskThresholds = [
  'disk.expire.above.percent',
  'disk.force.above.percent',
  'disk.refuse.above.percent',
  'disk.refuse.internal.above.percent',
] as const

/** What single rows cannot say: keys that bound each other. */
export function conflictsOf(config: BrokerConfig): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  const least = config['group.min.session.timeout.ms']
  const most = config['group.max.session.timeout.ms']
  if (least > most) {
    problems.push({
      key: 'group.min.session.timeout.ms',
      value: String(least),
      text: `group.min.session.timeout.ms must be at most group.max.session.timeout.ms (${most}), not ${least}`,
    })
  }
  for (const [at, key] of diskThresholds.slice(1).entries()) {
    const lower = diskThresholds[at]!
    if (config[key] >= config[lower]) continue
    const text = `${key} must be at least ${lower} (${config[lower]}), not ${config[key]}`
    problems.push({ key, value: String(config[key]), text })
  }
  const prefix = config['dlq.topic.prefix']
  if (prefix === config['retry.topic.prefix']) {
    const text = `dlq.topic.prefix must differ from retry.topic.prefix (${prefix}): both topics of a group would have one name`
    problems.push({ key: 'dlq.topic.prefix', value: prefix, text })
  }
  const names = config.listeners.map((item) => parseListener(item)?.name)
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) === index) continue
    const value = config.listeners.join(',')
    problems.push({ key: 'listeners', value, text: `listeners must have different names, but ${name} is there twice` })
  }
  for (const item of config['advertised.listeners']) {
    const name = parseListener(item)?.name
    if (names.includes(name)) continue
    const text = `advertised.listeners names ${name}, which is not one of listeners (${names.join(', ')})`
    problems.push({ key: 'advertised.listeners', value: item, text })
  }
  return problems
}
