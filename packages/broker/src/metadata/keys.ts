/**
 * The layout of the store. One key per topic with all its partitions, so that a change of many partitions is few
 * operations; one lease per broker, on its registration and on the controller key.
 *
 *   /odradek/cluster               { clusterId }
 *   /odradek/controller            { brokerId }                      with the lease of that broker
 *   /odradek/brokers/<id>          { listeners, rack }               with the lease of that broker
 *   /odradek/known/<id>            { listeners, rack }               every broker that ever was, until it is unregistered
 *   /odradek/topics/<name>         { topicId, partitions, configs }
 *   /odradek/configs/broker/<id>   { key: value }                    `default` stands for all brokers
 *   /odradek/configs/group/<id>    { key: value }
 *   /odradek/producer-ids          { next }
 */
export const rootPrefix = '/odradek/'
export const clusterKey = '/odradek/cluster'
export const controllerKey = '/odradek/controller'
export const brokersPrefix = '/odradek/brokers/'
export const knownBrokersPrefix = '/odradek/known/'
export const topicsPrefix = '/odradek/topics/'
export const brokerConfigsPrefix = '/odradek/configs/broker/'
export const groupConfigsPrefix = '/odradek/configs/group/'
export const producerIdsKey = '/odradek/producer-ids'

const DEFAULT_BROKER = 'default'

export const brokerKey = (id: number): string => brokersPrefix + id
export const knownBrokerKey = (id: number): string => knownBrokersPrefix + id
export const topicKey = (name: string): string => topicsPrefix + name
/** The key of a broker's dynamic configs; '' are those of all brokers, as in the Kafka protocol. */
export const brokerConfigKey = (name: string): string => brokerConfigsPrefix + (name === '' ? DEFAULT_BROKER : name)
export const groupConfigKey = (groupId: string): string => groupConfigsPrefix + groupId

/** What a key stands for; `name` is the part behind the prefix. Null for keys of nobody's. */
export type KeyMeaning =
  | { readonly kind: 'cluster' | 'controller' | 'producerIds'; readonly name: '' }
  | { readonly kind: 'broker' | 'knownBroker' | 'topic' | 'brokerConfigs' | 'groupConfigs'; readonly name: string }

export function meaningOfKey(key: string): KeyMeaning | null {
  if (key.startsWith(topicsPrefix)) return { kind: 'topic', name: key.slice(topicsPrefix.length) }
  if (key.startsWith(groupConfigsPrefix)) return { kind: 'groupConfigs', name: key.slice(groupConfigsPrefix.length) }
  if (key.startsWith(knownBrokersPrefix)) return { kind: 'knownBroker', name: key.slice(knownBrokersPrefix.length) }
  if (key.startsWith(brokersPrefix)) return { kind: 'broker', name: key.slice(brokersPrefix.length) }
  if (key.startsWith(brokerConfigsPrefix)) {
    const name = key.slice(brokerConfigsPrefix.length)
    return { kind: 'brokerConfigs', name: name === DEFAULT_BROKER ? '' : name }
  }
  if (key === clusterKey) return { kind: 'cluster', name: '' }
  if (key === controllerKey) return { kind: 'controller', name: '' }
  if (key === producerIdsKey) return { kind: 'producerIds', name: '' }
  return null
}
