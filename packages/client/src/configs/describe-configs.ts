/** The configs of a topic, a broker or a group, with what each means, where it comes from and what it would be otherwise. */
import { DescribeConfigs } from '@odradek/protocol'
import type { Cluster } from '../cluster.ts'
import { assertNone, KafkaError } from '../cluster-errors.ts'
import { type ConfigEntryView, type ConfigOrigin, configOrigin, configValueType } from './config-entry.ts'
import { plainDocumentation } from './plain-documentation.ts'

export interface ConfigResource {
  readonly type: 'topic' | 'broker' | 'group'
  /** Of a broker its id; the empty text means all brokers. */
  readonly name: string
}

export const resourceTypeCode = { topic: 2, broker: 4, group: 32 } as const
const ownOrigin: Readonly<Record<ConfigResource['type'], ConfigOrigin>> = {
  topic: 'topic',
  broker: 'broker',
  group: 'group',
}

/** All entries, or those named, by name. Throws a KafkaError where the resource is not there. */
export async function describeConfigs(
  cluster: Cluster,
  resource: ConfigResource,
  names: readonly string[] | null = null,
): Promise<ConfigEntryView[]> {
  const tried = `read the configs of ${resourceText(resource)}`
  const answer = await cluster.request(
    DescribeConfigs,
    {
      resources: [
        { resourceType: resourceTypeCode[resource.type], resourceName: resource.name, configurationKeys: names },
      ],
      includeSynonyms: true,
      includeDocumentation: true,
    },
    configTarget(resource),
    { tried },
  )
  const result = answer.results[0]
  if (!result) throw new KafkaError(-1, tried, 'The broker answered without a result.')
  assertNone(result.errorCode, tried, result.errorMessage)
  const own = resource.type === 'broker' && resource.name === '' ? 'allBrokers' : ownOrigin[resource.type]
  return result.configs
    .map((entry): ConfigEntryView => {
      const origin = configOrigin(entry.configSource)
      const others = entry.synonyms.map(({ name, value, source }) => ({ name, value, origin: configOrigin(source) }))
      return {
        name: entry.name,
        value: entry.isSensitive ? null : entry.value,
        origin,
        isOverridden: origin === own,
        isReadOnly: entry.readOnly,
        isSensitive: entry.isSensitive,
        type: configValueType(entry.configType),
        documentation: entry.documentation == null ? null : plainDocumentation(entry.documentation),
        inherited: others.find((synonym) => synonym.origin !== own) ?? null,
        defaultValue: others.findLast((synonym) => synonym.origin === 'default')?.value ?? null,
      }
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The configs of a broker are asked of that broker; all others of any. */
export function configTarget({ type, name }: ConfigResource): number | 'any' {
  return type === 'broker' && name !== '' ? Number(name) : 'any'
}

export function resourceText({ type, name }: ConfigResource): string {
  return type === 'broker' && name === '' ? 'all brokers' : `${type} "${name}"`
}
