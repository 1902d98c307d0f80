import { clusterEventsTopic, errors } from '@odradek/protocol'
import { intakeTopicOf } from './intake-topic.ts'

/** What names topics may have, as Kafka rules it. */
export const topicNameCharactersMax = 249

/** Topics of the broker's own, which clients should not produce to. */
const internalTopics: ReadonlySet<string> = new Set([
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
  clusterEventsTopic,
])

const LEGAL = /^[a-zA-Z0-9._-]+$/

export function isInternalTopic(name: string): boolean {
  return internalTopics.has(name) || intakeTopicOf(name) !== null
}

/** What is wrong with a topic's name, as a sentence; null for a good one. */
export function topicNameProblem(name: string): string | null {
  if (name === '') return 'A topic name must not be empty.'
  if (name === '.' || name === '..') return `A topic cannot be named "${name}".`
  if (name.length > topicNameCharactersMax) {
    return `A topic name has at most ${topicNameCharactersMax} characters, "${name.slice(0, 32)}…" has ${name.length}.`
  }
  return LEGAL.test(name)
    ? null
    : `Topic name "${name}" has characters other than ASCII letters, digits, ".", "_" and "-".`
}

/** The code that tells that there is no topic of this name: whether there could be one, as in Kafka's `Topic.validate`. */
export function missingTopicError(name: string): number {
  const { INVALID_TOPIC_EXCEPTION, UNKNOWN_TOPIC_OR_PARTITION } = errors
  return topicNameProblem(name) === null ? UNKNOWN_TOPIC_OR_PARTITION.code : INVALID_TOPIC_EXCEPTION.code
}

/** Metric names write '.' as '_': of two topics whose names differ only so, the second is refused. */
export function hasCollisionCharacters(name: string): boolean {
  return name.includes('.') || name.includes('_')
}

export function unifyCollisionCharacters(name: string): string {
  return name.replaceAll('.', '_')
}
