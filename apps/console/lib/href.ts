/**
 * Every address of the console in one place. Names are any Unicode, `%` and `/` included, and are encoded here exactly once;
 * `nameOf` undoes it for a route's parameter.
 */
export const href = {
  overview: (cluster: string) => `/${encode(cluster)}`,
  topics: (cluster: string) => `/${encode(cluster)}/topics`,
  newTopic: (cluster: string) => `/${encode(cluster)}/topics?create=true`,
  topic: (cluster: string, topic: string, tab: TopicTab = 'messages') =>
    `/${encode(cluster)}/topics/${encode(topic)}/${tab}`,
  topicPartition: (cluster: string, topic: string, partition: number) =>
    `/${encode(cluster)}/topics/${encode(topic)}/partitions?at=${partition}`,
  record: (cluster: string, topic: string, partition: number, offset: number | string) =>
    `/${encode(cluster)}/topics/${encode(topic)}/${partition}/${offset}`,
  delayed: (cluster: string) => `/${encode(cluster)}/delayed`,
  delayedTopic: (cluster: string, topic: string) => `/${encode(cluster)}/delayed/${encode(topic)}`,
  /** A record that waits; its offset is what its producer was answered. */
  waiting: (cluster: string, topic: string, partition: number, offset: number) =>
    `/${encode(cluster)}/delayed/${encode(topic)}?at=${partition}@${offset}`,
  lives: (cluster: string) => `/${encode(cluster)}/life`,
  life: (cluster: string, topic: string, partition: number, offset: number | string) =>
    `/${encode(cluster)}/life/${encode(topic)}/${partition}/${offset}`,
  waitingLife: (cluster: string, topic: string, partition: number, offset: number) =>
    `/${encode(cluster)}/life/${encode(topic)}/${partition}/${offset}?waiting=true`,
  storage: (cluster: string, tab?: StorageTab) => `/${encode(cluster)}/storage${tab === undefined ? '' : `/${tab}`}`,
  alerts: (cluster: string, tab?: 'rules') => `/${encode(cluster)}/alerts${tab === undefined ? '' : `/${tab}`}`,
  groups: (cluster: string) => `/${encode(cluster)}/groups`,
  group: (cluster: string, group: string, tab: GroupTab = 'lag') =>
    `/${encode(cluster)}/groups/${encode(group)}/${tab}`,
  deadLetters: (cluster: string) => `/${encode(cluster)}/dead-letters`,
  letters: (cluster: string, topic: string) => `/${encode(cluster)}/dead-letters/topics/${encode(topic)}`,
  letter: (cluster: string, topic: string, partition: number, offset: number) =>
    `/${encode(cluster)}/dead-letters/topics/${encode(topic)}/${partition}/${offset}`,
  resendLetters: (cluster: string, topic: string) => `/${encode(cluster)}/dead-letters/topics/${encode(topic)}/resend`,
  retries: (cluster: string) => `/${encode(cluster)}/dead-letters/retries`,
  retry: (cluster: string, topic: string) => `/${encode(cluster)}/dead-letters/retries/${encode(topic)}`,
  jobs: (cluster: string) => `/${encode(cluster)}/dead-letters/jobs`,
  job: (cluster: string, id: string) => `/${encode(cluster)}/dead-letters/jobs/${encode(id)}`,
  brokers: (cluster: string, tab?: BrokersTab) => `/${encode(cluster)}/brokers${tab === undefined ? '' : `/${tab}`}`,
  broker: (cluster: string, id: number) => `/${encode(cluster)}/brokers/${id}`,
  audit: (cluster: string) => `/${encode(cluster)}/audit`,
  login: (next?: string) => (next === undefined ? '/login' : `/login?next=${encodeURIComponent(next)}`),
}

export type TopicTab = 'messages' | 'partitions' | 'groups' | 'configuration' | 'producers'
export type BrokersTab = 'partitions' | 'moves' | 'history'
export type StorageTab = 'topics' | 'deleted'
export type GroupTab = 'lag' | 'members' | 'reset' | 'diagnosis'

/** The name behind a route parameter. A lone `%` that was typed by hand stands for itself. */
export function nameOf(parameter: string): string {
  try {
    return decodeURIComponent(parameter)
  } catch {
    return parameter
  }
}

// A path segment of only dots would be taken for "this folder" or "the one above" by every browser.
function encode(name: string): string {
  const encoded = encodeURIComponent(name)
  return /^\.+$/.test(encoded) ? encoded.replaceAll('.', '%2E') : encoded
}
