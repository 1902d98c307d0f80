import {
  brokerConfig,
  conflictsOf,
  groupConfig,
  parseConfig,
  resolveBrokerConfig,
  resolveGroupConfig,
  resolveTopicConfig,
  type Table,
  topicConfig,
} from '@odradek/config'
import { errors } from '@odradek/protocol'
import { configResource, noConfigsText } from '../config-resource.ts'
import type { MetadataImage } from '../image.ts'
import { intakeTopicOf } from '../intake-topic.ts'
import { brokerConfigKey, groupConfigKey, topicKey } from '../keys.ts'
import { topicNameProblem } from '../topic-name.ts'
import { type Configs, formatConfigs, formatTopic } from '../values.ts'
import { roleProblem } from './create-topic.ts'
import type { Decision, DecisionContext, Refusal } from './decision.ts'
import { topicBytesProblem } from './topic-size.ts'

/** What an incremental change does to a key, by the protocol's numbers. Append and subtract are for lists. */
export const configOperation = { set: 0, delete: 1, append: 2, subtract: 3 } as const

/** As in the AlterConfigs (without operations) and IncrementalAlterConfigs requests. */
export interface AlterRequest {
  readonly resourceType: number
  readonly resourceName: string
  readonly configs: readonly {
    readonly name: string
    readonly value: string | null
    readonly configOperation?: number
  }[]
}

/** As in the responses of both. */
export interface AlterResult extends Refusal {
  readonly resourceType: number
  readonly resourceName: string
}

/** The configs of one resource and how to store others in their place. */
interface Target {
  readonly table: Table
  readonly current: Configs
  readonly base: number
  readonly key: string
  /** The value of the store that holds these configs. */
  store(next: Configs): string
  /** What a list is before it was ever set. */
  inherited(name: string): readonly string[]
  /** Why keys that are set may not be, or null. */
  check(touched: readonly string[], next: Configs): Refusal | null
}

/** Replaces all dynamic configs of a resource by those of the request (AlterConfigs). */
export function replaceConfigs(
  image: MetadataImage,
  request: AlterRequest,
  context: DecisionContext,
): Decision<AlterResult> {
  const target = requestProblem(request, false) ?? findTarget(image, request, context)
  if ('errorCode' in target) return refused(request, target)
  const set = Object.fromEntries(request.configs.map(({ name, value }) => [name, value!]))
  return decide(request, target, {}, set)
}

/** Changes single configs of a resource and leaves the others as they are (IncrementalAlterConfigs, KIP-339). */
export function changeConfigs(
  image: MetadataImage,
  request: AlterRequest,
  context: DecisionContext,
): Decision<AlterResult> {
  const target = requestProblem(request, true) ?? findTarget(image, request, context)
  if ('errorCode' in target) return refused(request, target)
  const kept = new Map(Object.entries(target.current))
  const set = new Map<string, string>()
  for (const { name, value, configOperation: operation } of request.configs) {
    const row = Object.hasOwn(target.table, name) ? target.table[name] : undefined
    if (operation === configOperation.delete) kept.delete(name)
    else if (operation === configOperation.set || row === undefined) set.set(name, value!)
    else if (row.type === 'list') {
      const own = kept.get(name)
      const items = own === undefined ? target.inherited(name) : splitList(own)
      set.set(name, combine(items, splitList(value!), operation === configOperation.append))
    } else {
      const text = `${name} is no list, so nothing can be appended to it or taken out of it. Set it instead.`
      return refused(request, invalid(text))
    }
  }
  return decide(request, target, Object.fromEntries(kept), Object.fromEntries(set))
}

/** Which resources appear more than once in a request: INVALID_REQUEST answers them all. */
export function repeatedResources(requests: readonly AlterRequest[]): boolean[] {
  const id = ({ resourceType, resourceName }: AlterRequest) => `${resourceType} ${resourceName}`
  const times = new Map<string, number>()
  for (const request of requests) times.set(id(request), (times.get(id(request)) ?? 0) + 1)
  return requests.map((request) => times.get(id(request))! > 1)
}

/** The answer for a resource whose configs stay as they are. */
export function refusedAlter({ resourceType, resourceName }: AlterRequest, refusal: Refusal): AlterResult {
  return { errorCode: refusal.errorCode, errorMessage: refusal.errorMessage, resourceType, resourceName }
}

function decide(request: AlterRequest, target: Target, kept: Configs, set: Configs): Decision<AlterResult> {
  const parsed = parseConfig(target.table, set)
  if (parsed.errors.length > 0) {
    return refused(request, invalid(parsed.errors.map((problem) => problem.text).join(' ')))
  }
  const next = { ...kept, ...parsed.texts }
  const problem = target.check(Object.keys(set), next)
  if (problem !== null) return refused(request, problem)
  const result = refusedAlter(request, { errorCode: errors.NONE.code, errorMessage: null })
  if (isSame(target.current, next)) return { result, change: null }
  const value = target.store(next)
  const tooLarge = topicBytesProblem(value)
  if (tooLarge !== null) return refused(request, tooLarge)
  return { result, change: { key: target.key, value, base: target.base } }
}

function refused(request: AlterRequest, refusal: Refusal): Decision<AlterResult> {
  return { result: refusedAlter(request, refusal), change: null }
}

function requestProblem({ configs }: AlterRequest, incremental: boolean): Refusal | null {
  const seen = new Set<string>()
  for (const { name, value, configOperation: operation } of configs) {
    if (seen.has(name)) return badRequest(`${name} appears more than once.`)
    seen.add(name)
    if (incremental && !(Object.values(configOperation) as number[]).includes(operation ?? -1)) {
      return badRequest(`${operation} is no operation on configs: 0 sets, 1 deletes, 2 appends, 3 subtracts.`)
    }
    if (value === null && !(incremental && operation === configOperation.delete))
      return badRequest(`${name} has no value.`)
  }
  return null
}

function findTarget(image: MetadataImage, request: AlterRequest, context: DecisionContext): Target | Refusal {
  switch (request.resourceType) {
    case configResource.topic:
      return topicTarget(image, request.resourceName, context)
    case configResource.broker:
      return brokerTarget(image, request.resourceName, context)
    case configResource.group:
      return groupTarget(image, request.resourceName)
    default:
      return badRequest(noConfigsText(request.resourceType))
  }
}

function topicTarget(image: MetadataImage, name: string, { config }: DecisionContext): Target | Refusal {
  if (name === '') return badRequest('Topics have no common configs; set the broker key instead.')
  const topic = image.topics.get(name)
  if (topic === undefined) {
    const problem = topicNameProblem(name)
    return problem === null
      ? { errorCode: errors.UNKNOWN_TOPIC_OR_PARTITION.code, errorMessage: `There is no topic "${name}".` }
      : { errorCode: errors.INVALID_TOPIC_EXCEPTION.code, errorMessage: problem }
  }
  if (intakeTopicOf(name) !== null) return badRequest(`"${name}" takes its configs from the topic it goes with.`)
  return {
    table: topicConfig,
    current: topic.configs,
    base: topic.modRevision,
    key: topicKey(name),
    store: (configs) => formatTopic({ ...topic, configs }),
    inherited: (key) => resolveTopicConfig({}, config)[key as 'cleanup.policy'],
    check: (_touched, next) => {
      const problem = roleProblem(next)
      return problem === null ? null : invalid(problem)
    },
  }
}

function brokerTarget(image: MetadataImage, name: string, { config, layers }: DecisionContext): Target | Refusal {
  const id = Number(name)
  if (name !== '' && !(name === String(id) && image.brokers.has(id))) {
    return badRequest(`"${name}" is not the id of a registered broker. The empty name stands for all brokers.`)
  }
  const stored = image.brokerConfigs.get(name)
  const table: Table = brokerConfig
  const current = stored?.configs ?? {}
  const dynamicDefault = image.brokerConfigs.get('')?.configs ?? {}
  /** What bounds each other and does not agree, with the settings in the files of this broker. */
  const conflicts = (own: Configs) => {
    const dynamic = name === '' ? { dynamicDefault: own } : { dynamicDefault, dynamic: own }
    return conflictsOf(resolveBrokerConfig({ ...dynamic, static: layers.static ?? {} }))
  }
  return {
    table,
    current,
    base: stored?.modRevision ?? 0,
    key: brokerConfigKey(name),
    store: formatConfigs,
    inherited: (key) => config[key as 'listeners'],
    check: (touched, next) => {
      const fixed = touched.filter((key) => table[key]?.mutable === 'restart')
      if (fixed.length > 0)
        return badRequest(
          `${fixed.join(', ')} cannot change while the broker runs. Set it in its configuration, then restart.`,
        )
      const known = new Set(conflicts(current).map(({ key }) => key))
      const fresh = conflicts(next).filter(({ key }) => !known.has(key))
      return fresh.length === 0 ? null : invalid(`${fresh.map(({ text }) => text).join('. ')}.`)
    },
  }
}

function groupTarget(image: MetadataImage, name: string): Target | Refusal {
  if (name === '') return badRequest('Groups have no common configs; set the broker key instead.')
  const stored = image.groupConfigs.get(name)
  return {
    table: groupConfig,
    current: stored?.configs ?? {},
    base: stored?.modRevision ?? 0,
    key: groupConfigKey(name),
    store: formatConfigs,
    inherited: (key) => resolveGroupConfig()[key as 'retry.delay.levels'],
    check: (touched) => {
      const fixed = touched.filter((key) => (groupConfig as Table)[key]?.mutable === 'never')
      return fixed.length === 0 ? null : badRequest(`${fixed.join(', ')} cannot be set: the broker tells it.`)
    },
  }
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

function combine(items: readonly string[], others: readonly string[], append: boolean): string {
  const result = append ? new Set([...items, ...others]) : new Set(items).difference(new Set(others))
  return [...result].join(',')
}

function isSame(a: Configs, b: Configs): boolean {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}

function badRequest(errorMessage: string): Refusal {
  return { errorCode: errors.INVALID_REQUEST.code, errorMessage }
}

function invalid(errorMessage: string): Refusal {
  return { errorCode: errors.INVALID_CONFIG.code, errorMessage }
}
