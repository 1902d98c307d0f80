/** DescribeConfigs (key 32, versions 1 to 4): every key of topics, brokers and groups, with where its value comes from. */
import { type ConfigEntry, configEntries } from '@odradek/config'
import { DescribeConfigs, type DescribeConfigsResponse, errors } from '@odradek/protocol'
import type { BrokerContext } from '../broker-context.ts'
import { errorText } from '../error-text.ts'
import { handle } from '../exchange.ts'
import { namedOnce } from '../named-once.ts'

type Result = DescribeConfigsResponse['results'][number]
type Config = NonNullable<Result['configs']>[number]

const TOPIC = 2
const BROKER = 4
const GROUP = 32

export const describeConfigs = handle(DescribeConfigs, (request, _exchange, broker) => {
  const told = (entry: ConfigEntry): Config => ({
    name: entry.name,
    value: entry.value,
    readOnly: entry.isReadOnly,
    configSource: entry.source,
    isSensitive: entry.isSensitive,
    synonyms: request.includeSynonyms ? [...entry.synonyms] : [],
    configType: entry.type,
    documentation: request.includeDocumentation ? entry.documentation : null,
  })
  const resources = namedOnce(request.resources, resourceKey)
  // Any name is a group's: what all have alike is made once, or a small request would have a hundredfold of memory.
  const unset = resources.some(({ resourceType }) => resourceType === GROUP) ? groupEntries(broker, {}) : []
  const toldUnset = new Map(unset.map((entry) => [entry, told(entry)]))
  return {
    results: resources.map(({ resourceType, resourceName, configurationKeys }): Result => {
      const found = entriesOf(broker, resourceType, resourceName, unset)
      if ('errorCode' in found) {
        const { errorCode, errorMessage } = found
        return { errorCode, errorMessage: errorText(errorMessage), resourceType, resourceName }
      }
      const entries = chosen(found.entries, configurationKeys)
      const configs = entries.map((entry) => toldUnset.get(entry) ?? told(entry))
      return { errorCode: 0, resourceType, resourceName, configs }
    }),
  }
})

function resourceKey({ resourceType, resourceName }: { resourceType: number; resourceName: string }): string {
  return `${resourceType} ${resourceName}`
}

/** The entries asked for, in the order in which they are; all of them where none are named. */
function chosen(entries: readonly ConfigEntry[], names: readonly string[] | null): readonly ConfigEntry[] {
  if (names === null || names.length === 0) return entries
  const byName = new Map(entries.map((entry) => [entry.name, entry]))
  return [...new Set(names)].flatMap((name) => byName.get(name) ?? [])
}

/** `unset` are the entries of a group that has no settings of its own. */
function entriesOf(
  broker: BrokerContext,
  resourceType: number,
  name: string,
  unset: readonly ConfigEntry[],
): { entries: ConfigEntry[] } | { errorCode: number; errorMessage: string } {
  const { image, configLayers } = broker.metadata
  switch (resourceType) {
    case TOPIC: {
      const topic = image.topics.get(name)
      if (topic) return { entries: configEntries('topic', { ...configLayers, overrides: topic.configs }) }
      return { errorCode: errors.UNKNOWN_TOPIC_OR_PARTITION.code, errorMessage: `There is no topic "${name}".` }
    }
    case BROKER: {
      if (name === String(broker.nodeId)) return { entries: configEntries('broker', configLayers) }
      // The empty name stands for all brokers: what is set for every one of them.
      if (name === '') return { entries: dynamicDefaults(broker) }
      const errorMessage = `This is broker ${broker.nodeId}; the configs of broker "${name}" are asked of that broker.`
      return { errorCode: errors.INVALID_REQUEST.code, errorMessage }
    }
    case GROUP: {
      if (name === '') {
        return { errorCode: errors.INVALID_REQUEST.code, errorMessage: 'A group id must not be empty.' }
      }
      const overrides = image.groupConfigs.get(name)?.configs
      const entries = overrides === undefined ? unset : groupEntries(broker, overrides)
      return { entries: entries.map((entry) => withTopicName(broker, name, entry)) }
    }
    default: {
      const errorMessage = `Resource type ${resourceType} has no configs here; topics (2), brokers (4) and groups (32) have.`
      return { errorCode: errors.INVALID_REQUEST.code, errorMessage }
    }
  }
}

function groupEntries(broker: BrokerContext, overrides: Readonly<Record<string, string>>): ConfigEntry[] {
  return configEntries('group', { ...broker.metadata.configLayers, overrides })
}

/** The names of a group's topics are told, not set. */
function withTopicName(broker: BrokerContext, groupId: string, entry: ConfigEntry): ConfigEntry {
  const role = entry.name === 'retry.topic.name' ? 'retry' : entry.name === 'dlq.topic.name' ? 'dlq' : null
  if (role === null) return entry
  return { ...entry, value: broker.metadata.ownTopics.nameOf(role, groupId), synonyms: [] }
}

function dynamicDefaults(broker: BrokerContext): ConfigEntry[] {
  const { dynamicDefault = {} } = broker.metadata.configLayers
  return configEntries('broker', { dynamicDefault }).filter(({ name }) => name in dynamicDefault)
}
