import { brokerConfig } from './broker-config.ts'
import { groupConfig } from './group-config.ts'
import {
  type BrokerLayers,
  resolveBrokerConfig,
  resolveGroupConfig,
  resolveTopicConfig,
  spellingsOfBrokerKey,
} from './resolve-config.ts'
import type { Row, Table, Value } from './row.ts'
import { topicConfig } from './topic-config.ts'
import { formatValue } from './value.ts'

/** Where a value comes from, by the numbers of the Kafka protocol (DescribeConfigs, `ConfigSource`). */
export const configSource = {
  dynamicTopic: 1,
  dynamicBroker: 2,
  dynamicDefaultBroker: 3,
  static: 4,
  default: 5,
  dynamicGroup: 8,
} as const
export type ConfigSource = keyof typeof configSource

/** The type of a value, by the numbers of the Kafka protocol (DescribeConfigs, `ConfigType`). */
export const configType = { boolean: 1, string: 2, enum: 2, int: 3, long: 5, double: 6, list: 7 } as const

export interface ConfigSynonym {
  readonly name: string
  readonly value: string
  readonly source: number
}

/** One line of a DescribeConfigs answer. */
export interface ConfigEntry {
  readonly name: string
  /** null when the value is sensitive. */
  readonly value: string | null
  readonly source: number
  readonly isDefault: boolean
  readonly isReadOnly: boolean
  readonly isSensitive: boolean
  readonly type: number
  readonly documentation: string
  /** Every place that has a say about this key, the winning one first. */
  readonly synonyms: readonly ConfigSynonym[]
}

export type Scope = 'broker' | 'topic' | 'group'
export const scopes: { readonly [S in Scope]: Table } = { broker: brokerConfig, topic: topicConfig, group: groupConfig }

/** What was set and where; overrides are the topic's (or group's) own. */
export interface ConfigLayers extends BrokerLayers {
  readonly overrides?: Readonly<Record<string, string>>
}

/**
 * Every key of a scope with its value and where that comes from, in the order of the table: what DescribeConfigs answers.
 * A key that only stands for another is listed where it was set, as a synonym.
 */
export function configEntries(scope: Scope, layers: ConfigLayers): ConfigEntry[] {
  const table = scopes[scope]
  const broker = resolveBrokerConfig(layers)
  const values: Record<string, Value | undefined> =
    scope === 'topic'
      ? resolveTopicConfig(layers.overrides, broker)
      : scope === 'broker'
        ? broker
        : resolveGroupConfig(layers.overrides)
  const entries: ConfigEntry[] = []
  for (const [name, row] of Object.entries(table)) {
    if (row.standsFor !== undefined) continue
    const value = formatValue(row, values[name] ?? row.default)
    const synonyms = synonymsOf(scope, name, row, value, layers)
    const source = synonyms[0]?.source ?? configSource.default
    entries.push({
      name,
      value: row.sensitive === true ? null : value,
      source,
      isDefault: source === configSource.default,
      isReadOnly: row.mutable === 'restart' || row.mutable === 'never',
      isSensitive: row.sensitive === true,
      type: configType[row.type],
      documentation: row.doc,
      synonyms: row.sensitive === true ? [] : synonyms,
    })
  }
  return entries
}

function synonymsOf(scope: Scope, name: string, row: Row, value: string, layers: ConfigLayers): ConfigSynonym[] {
  const synonyms: ConfigSynonym[] = []
  const own = scope === 'broker' ? undefined : layers.overrides?.[name]
  if (own !== undefined) {
    synonyms.push({ name, value, source: scope === 'topic' ? configSource.dynamicTopic : configSource.dynamicGroup })
  }
  const brokerKey = scope === 'broker' ? name : row.from
  if (brokerKey === undefined) {
    synonyms.push({ name, value: formatValue(row, row.default), source: configSource.default })
    return synonyms
  }
  const keys = spellingsOfBrokerKey(brokerKey)
  const add = (texts: Readonly<Record<string, string>> | undefined, source: number) => {
    for (const key of keys) {
      const text = texts?.[key]
      if (text !== undefined) synonyms.push({ name: key, value: text, source })
    }
  }
  add(layers.dynamic, configSource.dynamicBroker)
  add(layers.dynamicDefault, configSource.dynamicDefaultBroker)
  add(layers.static, configSource.static)
  // A key that is spelled in several units has no default of its own in Kafka, and so none in what its topics tell.
  if (scope === 'topic' && keys.length > 1) return synonyms
  const brokerRow = (brokerConfig as Table)[brokerKey] ?? row
  synonyms.push({ name: brokerKey, value: formatValue(brokerRow, brokerRow.default), source: configSource.default })
  return synonyms
}
