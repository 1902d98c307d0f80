export { type BrokerConfig, type BrokerKey, brokerConfig } from './broker-config.ts'
export {
  type ConfigEntry,
  type ConfigLayers,
  type ConfigSource,
  type ConfigSynonym,
  configEntries,
  configSource,
  configType,
  type Scope,
  scopes,
} from './config-entries.ts'
export { parseDurationMs } from './duration.ts'
export { type GroupConfig, groupConfig } from './group-config.ts'
export { hourAt, nextTimeInHours } from './hours.ts'
export { type Listener, parseHostAndPort, parseListener } from './listener.ts'
export { editDistance, meantWord, nearestWord, unknownKeyText } from './nearest-key.ts'
export {
  type ConfigEntries,
  type ConfigProblem,
  conflictsOf,
  type ParsedConfig,
  parseBrokerConfig,
  parseConfig,
} from './parse-config.ts'
export { type BrokerLayers, resolveBrokerConfig, resolveGroupConfig, resolveTopicConfig } from './resolve-config.ts'
export type { ConfigOf, Mutable, Row, Table, Unit, Value, ValueOf } from './row.ts'
export { type TopicConfig, type TopicKey, topicConfig } from './topic-config.ts'
export { DAY_MS, GIB, HOUR_MS, INT_MAX, KIB, LONG_MAX, MIB, MINUTE_MS, SECOND_MS, TIB } from './units.ts'
export { formatValue, type Parsed, type ParseOptions, parseValue } from './value.ts'
