import { errors } from '@odradek/protocol'
import type { MetadataImage } from '../image.ts'
import { intakeTopicOf } from '../intake-topic.ts'
import { brokerConfigKey, brokerKey, knownBrokerKey } from '../keys.ts'
import type { Decision, Refusal } from './decision.ts'

/** Named in full in a refusal; of more it says how many. */
const PARTITIONS_NAMED = 3

/**
 * Forgets a broker that is gone for good: it is not listed any more. Its own settings are a key of their own, see
 * `forgetBrokerConfigs`. BROKER_ID_NOT_REGISTERED, or POLICY_VIOLATION where it lives or has replicas: what would be done
 * with those is for a person to say.
 */
export function unregisterBroker(image: MetadataImage, id: number): Decision<Refusal> {
  const problem = problemOf(image, id)
  const result = { errorCode: problem?.errorCode ?? errors.NONE.code, errorMessage: problem?.errorMessage ?? null }
  const known = image.knownBrokers.get(id)
  if (problem !== null || known === undefined) return { result, change: null }
  // It may come back at this moment.
  const compares = [{ key: brokerKey(id), target: 'createRevision', revision: 0 } as const]
  return { result, change: { key: knownBrokerKey(id), value: null, base: known.modRevision, compares } }
}

/** Removes the settings that were made for a broker alone; where it lives again they stay. */
export function forgetBrokerConfigs(image: MetadataImage, id: number): Decision<boolean> {
  const stored = image.brokerConfigs.get(String(id))
  if (stored === undefined || image.brokers.has(id)) return { result: false, change: null }
  return { result: true, change: { key: brokerConfigKey(String(id)), value: null, base: stored.modRevision } }
}

function problemOf(image: MetadataImage, id: number): Refusal | null {
  const held = partitionsOf(image, id)
  if (held.count > 0) {
    const names = held.names.join(', ') + (held.count > held.names.length ? ', …' : '')
    const others = [...image.brokers.keys()].filter((other) => other !== id).sort((a, b) => a - b)
    const errorMessage =
      `Broker ${id} has replicas of ${held.count} partition(s): ${names}. ` +
      `Move them first: odradek cluster reassign --brokers ${others.join(',') || '<the others>'} --apply`
    return { errorCode: errors.POLICY_VIOLATION.code, errorMessage }
  }
  if (image.brokers.has(id)) {
    const errorMessage = `Broker ${id} is alive, and would register again. Stop it first.`
    return { errorCode: errors.POLICY_VIOLATION.code, errorMessage }
  }
  if (image.knownBrokers.has(id) || image.brokerConfigs.has(String(id))) return null
  return { errorCode: errors.BROKER_ID_NOT_REGISTERED.code, errorMessage: `No broker ${id} is known.` }
}

function partitionsOf(image: MetadataImage, id: number): { count: number; names: string[] } {
  const names: string[] = []
  let count = 0
  for (const topic of image.topics.values()) {
    // What waits for a topic moves with it, and goes by its name.
    const visibleId = intakeTopicOf(topic.name)
    const name = visibleId === null ? topic.name : (image.topicsById.get(visibleId)?.name ?? topic.name)
    for (const { index, replicas } of topic.partitions) {
      if (!replicas.includes(id)) continue
      count += 1
      if (names.length < PARTITIONS_NAMED) names.push(`${name}-${index}`)
    }
  }
  return { count, names }
}
