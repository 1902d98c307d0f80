/** Where a value comes from, by the protocol's numbers (DescribeConfigs). */
export type ConfigOrigin =
  | 'unknown'
  | 'topic'
  | 'broker'
  | 'allBrokers'
  | 'static'
  | 'default'
  | 'brokerLogger'
  | 'clientMetrics'
  | 'group'

export type ConfigValueType =
  | 'unknown'
  | 'boolean'
  | 'string'
  | 'int'
  | 'short'
  | 'long'
  | 'double'
  | 'list'
  | 'class'
  | 'password'

export interface ConfigEntryView {
  readonly name: string
  /** null: sensitive. */
  readonly value: string | null
  readonly origin: ConfigOrigin
  /** Set on this very resource: it can be reset. */
  readonly isOverridden: boolean
  readonly isReadOnly: boolean
  readonly isSensitive: boolean
  readonly type: ConfigValueType
  /** null: the cluster does not tell. */
  readonly documentation: string | null
  /** What would hold without the override; null: not told. */
  readonly inherited: { readonly name: string; readonly value: string | null; readonly origin: ConfigOrigin } | null
  /** The built-in default; null: not told. */
  readonly defaultValue: string | null
}

const origins: readonly ConfigOrigin[] = [
  'unknown',
  'topic',
  'broker',
  'allBrokers',
  'static',
  'default',
  'brokerLogger',
  'clientMetrics',
  'group',
]
const types: readonly ConfigValueType[] = [
  'unknown',
  'boolean',
  'string',
  'int',
  'short',
  'long',
  'double',
  'list',
  'class',
  'password',
]

export function configOrigin(code: number): ConfigOrigin {
  return origins[code] ?? 'unknown'
}

export function configValueType(code: number): ConfigValueType {
  return types[code] ?? 'unknown'
}
