import { type BrokerConfig, brokerConfig } from './broker-config.ts'
import { type GroupConfig, groupConfig } from './group-config.ts'
import type { NumberRow, Row, Table, Value } from './row.ts'
import { type TopicConfig, topicConfig } from './topic-config.ts'
import { DAY_MS } from './units.ts'
import { parseValue } from './value.ts'

/** Texts by key that were given to a broker, by where they come from. The first that has a key wins. */
export interface BrokerLayers {
  /** Set while running, for this broker alone. */
  readonly dynamic?: Readonly<Record<string, string>>
  /** Set while running, for every broker. */
  readonly dynamicDefault?: Readonly<Record<string, string>>
  /** File, environment and flags. */
  readonly static?: Readonly<Record<string, string>>
}

/** The spellings of each broker key in the order in which they win: itself, then the keys that stand for it. */
const spellings: ReadonlyMap<string, readonly string[]> = spellingsOf(brokerConfig)

const ROCKETMQ_RETENTION_MS = 3 * DAY_MS

/** The keys under which a setting can be given, the winning one first; the key alone when nothing stands for it. */
export function spellingsOfBrokerKey(key: string): readonly string[] {
  return spellings.get(key) ?? [key]
}

function spellingsOf(table: Table): Map<string, readonly string[]> {
  const result = new Map<string, string[]>()
  for (const [key, row] of Object.entries(table)) {
    const target = row.standsFor ?? key
    const keys = result.get(target) ?? []
    keys.push(key)
    result.set(target, keys)
  }
  return result
}

/**
 * All broker keys with their values, as a frozen flat object. The texts were checked when they were set: one that does not
 * parse any more, or a key that is gone, is passed over.
 */
export function resolveBrokerConfig(layers: BrokerLayers = {}): BrokerConfig {
  const config: Record<string, Value> = {}
  for (const [key, row] of Object.entries(brokerConfig as Table)) {
    if (row.standsFor === undefined) config[key] = givenValue(layers, key) ?? row.default
  }
  // A default of that profile: docs/configuration.md says so at cleanup.profile.
  if (config['cleanup.profile'] === 'rocketmq' && givenValue(layers, 'log.retention.ms') === null)
    config['log.retention.ms'] = ROCKETMQ_RETENTION_MS
  return Object.freeze(config) as BrokerConfig
}

function givenValue(layers: BrokerLayers, key: string): Value | null {
  for (const layer of [layers.dynamic, layers.dynamicDefault, layers.static]) {
    if (layer === undefined) continue
    for (const spelling of spellingsOfBrokerKey(key)) {
      const text = layer[spelling]
      const value = text === undefined ? null : storedValue((brokerConfig as Table)[spelling], text)
      if (value !== null) return value
    }
  }
  return null
}

/** The value of a stored text in the unit of the key it stands for (`log.retention.hours` in ms); null when it does not parse. */
function storedValue(row: Row | undefined, text: string): Value | null {
  if (row === undefined) return null
  const { value } = parseValue(row, text, { bounds: false })
  if (typeof value !== 'number' || row.factor === undefined) return value
  // -1 means no limit in every unit.
  return value < 0 ? value : value * row.factor
}

const topicRows: readonly (readonly [string, Row])[] = Object.entries(topicConfig)
const defaultBrokerConfig = resolveBrokerConfig()

/**
 * All topic keys with their values, as a frozen flat object that is cheap to read: what the topic sets, else what the broker
 * says. The overrides were checked when they were set; bounds are not checked again, an override that does not parse any more
 * or has no key is passed over.
 */
export function resolveTopicConfig(
  overrides: Readonly<Record<string, string>> = {},
  broker: BrokerConfig = defaultBrokerConfig,
): TopicConfig {
  const config: Record<string, Value> = {}
  for (const [key, row] of topicRows) {
    const text = overrides[key]
    const own = text === undefined ? null : parseValue(row, text, { bounds: false }).value
    config[key] = own ?? (broker[row.from as keyof BrokerConfig] as Value | undefined) ?? (row as NumberRow).default
  }
  return Object.freeze(config) as TopicConfig
}

/** All group keys with their values, as a frozen flat object: what the group sets, else the default. */
export function resolveGroupConfig(overrides: Readonly<Record<string, string>> = {}): GroupConfig {
  const config: Record<string, Value> = {}
  for (const [key, row] of Object.entries(groupConfig as Table)) {
    const text = overrides[key]
    const own = text === undefined ? null : parseValue(row, text, { bounds: false }).value
    config[key] = own ?? row.default
  }
  return Object.freeze(config) as GroupConfig
}
