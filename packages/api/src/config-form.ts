/** A config entry as a form needs it: what the cluster tells, and bounds and unit where the tables of Odradek know the key. */
import { type Cluster, type ConfigEntryView, type ConfigResource, describeConfigs } from '@odradek/client'
import { type Row, scopes } from '@odradek/config'

export interface ConfigFormEntry extends ConfigEntryView {
  /** null: not known. */
  readonly unit: 'ms' | 'minutes' | 'hours' | 'bytes' | null
  readonly min: number | null
  readonly max: number | null
  /** The values that are allowed; null: any. */
  readonly values: readonly string[] | null
}

export async function configForm(cluster: Cluster, resource: ConfigResource): Promise<ConfigFormEntry[]> {
  const entries = await describeConfigs(cluster, resource)
  // The bounds are those of Odradek; other brokers have their own, which the protocol does not tell.
  const isOdradek = entries.some(({ name }) => name === 'flush.mode')
  return entries.map((entry) => ({ ...entry, ...boundsOf(isOdradek ? scopes[resource.type][entry.name] : undefined) }))
}

function boundsOf(row: Row | undefined): Pick<ConfigFormEntry, 'unit' | 'min' | 'max' | 'values'> {
  const none = { unit: null, min: null, max: null, values: null }
  switch (row?.type) {
    case undefined:
    case 'string':
      return none
    case 'boolean':
      return { ...none, values: ['true', 'false'] }
    case 'int':
    case 'long':
    case 'double':
      return { ...none, unit: row.unit ?? null, min: row.min ?? null, max: row.max ?? null }
    case 'list':
    case 'enum':
      return { ...none, values: row.values ?? null }
    default:
      return row satisfies never
  }
}
