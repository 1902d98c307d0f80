/** DescribeConfigs (key 32, versions 1 to 4): every key of topics, brokers and groups, with where its value comes from. */
import { type ConfigEntry, configEntries } from '@odradek/config'
import { DescribeConfigs, type DescribeConfigsRequest, type DescribeConfigsResponse, errors } from '@odradek/protocol'
import { configResource, noConfigsText } from '../../metadata/config-resource.ts'
import { missingTopicError, topicNameProblem } from '../../metadata/topic-name.ts'
import type { Configs } from '../../metadata/values.ts'
import type { BrokerContext } from '../broker-context.ts'
import { errorText } from '../error-text.ts'
import { handle } from '../exchange.ts'
import { answerInSlices, bytesOfPart } from '../in-slices.ts'
import { namedOnce } from '../named-once.ts'

type Result = DescribeConfigsResponse['results'][number]
type Config = NonNullable<Result['configs']>[number]
type Asked = DescribeConfigsRequest['resources'][number]

/** Different settings whose entries are kept while a request is served. */
const KNOWN_MAX = 100
/** What is told of an entry, and known of it, and its synonyms. */
const OBJECTS_OF_ENTRY = 3
const POINTER_BYTES = 8

export const describeConfigs = handle(DescribeConfigs, (request, exchange, broker) => {
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
  // What many have alike is made once: a small request would have a hundredfold of memory, as any name is a group's.
  const toldBefore = new Map<ConfigEntry, Config>()
  let toldBytes = 0
  const toldOnce = (entry: ConfigEntry): Config => {
    const known = toldBefore.get(entry)
    if (known !== undefined) return known
    const config = told(entry)
    toldBefore.set(entry, config)
    toldBytes += bytesOfPart(OBJECTS_OF_ENTRY)
    return config
  }
  const entries = new KnownEntries(broker)
  const describe = ({ resourceType, resourceName, configurationKeys }: Asked): Result => {
    const found = entriesOf(broker, resourceType, resourceName, entries)
    if ('errorCode' in found) {
      const { errorCode, errorMessage } = found
      return { errorCode, errorMessage: errorText(errorMessage), resourceType, resourceName }
    }
    const configs = chosen(found.entries, configurationKeys).map(toldOnce)
    return { errorCode: 0, resourceType, resourceName, configs }
  }
  const bytesOf = ({ configs = [] }: Result) => {
    const bytes = bytesOfPart() + POINTER_BYTES * configs.length + toldBytes
    toldBytes = 0
    return bytes
  }
  return answerInSlices(exchange, namedOnce(request.resources, resourceKey), describe, bytesOf, (results) => ({
    results,
  }))
})

/** The entries of resources that set the same, made once for a request. */
class KnownEntries {
  readonly #broker: BrokerContext
  readonly #known = new Map<string, ConfigEntry[]>()

  constructor(broker: BrokerContext) {
    this.#broker = broker
  }

  of(kind: 'topic' | 'group', overrides: Configs): ConfigEntry[] {
    const id = `${kind} ${JSON.stringify(overrides)}`
    let entries = this.#known.get(id)
    if (entries === undefined) {
      entries = configEntries(kind, { ...this.#broker.metadata.configLayers, overrides })
      if (this.#known.size < KNOWN_MAX) this.#known.set(id, entries)
    }
    return entries
  }
}

function resourceKey({ resourceType, resourceName }: { resourceType: number; resourceName: string }): string {
  return `${resourceType} ${resourceName}`
}

/** The entries asked for, in the order in which they are; all of them where none are named. */
function chosen(entries: readonly ConfigEntry[], names: readonly string[] | null): readonly ConfigEntry[] {
  if (names === null || names.length === 0) return entries
  const byName = new Map(entries.map((entry) => [entry.name, entry]))
  return [...new Set(names)].flatMap((name) => byName.get(name) ?? [])
}

function entriesOf(
  broker: BrokerContext,
  resourceType: number,
  name: string,
  known: KnownEntries,
): { entries: ConfigEntry[] } | { errorCode: number; errorMessage: string } {
  const { image, configLayers } = broker.metadata
  switch (resourceType) {
    case configResource.topic: {
      const topic = image.topics.get(name)
      if (topic) return { entries: known.of('topic', topic.configs) }
      return {
        errorCode: missingTopicError(name),
        errorMessage: topicNameProblem(name) ?? `There is no topic "${name}".`,
      }
    }
    case configResource.broker: {
      if (name === String(broker.nodeId)) return { entries: configEntries('broker', configLayers) }
      // The empty name stands for all brokers: what is set for every one of them.
      if (name === '') return { entries: dynamicDefaults(broker) }
      const errorMessage = `This is broker ${broker.nodeId}; the configs of broker "${name}" are asked of that broker.`
      return { errorCode: errors.INVALID_REQUEST.code, errorMessage }
    }
    case configResource.group: {
      if (name === '') {
        return { errorCode: errors.INVALID_REQUEST.code, errorMessage: 'A group id must not be empty.' }
      }
      const entries = known.of('group', image.groupConfigs.get(name)?.configs ?? {})
      return { entries: entries.map((entry) => withTopicName(broker, name, entry)) }
    }
    default:
      return { errorCode: errors.INVALID_REQUEST.code, errorMessage: noConfigsText(resourceType) }
  }
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
