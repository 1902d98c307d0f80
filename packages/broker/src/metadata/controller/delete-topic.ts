import { errors } from '@odradek/protocol'
import type { MetadataImage, TopicImage } from '../image.ts'
import { intakeTopicOf } from '../intake-topic.ts'
import { topicKey } from '../keys.ts'
import { zeroTopicId } from './create-topic.ts'
import type { Decision, DecisionContext } from './decision.ts'

/** A topic by its name, or by its id where the name is null: as in the DeleteTopics request. */
export interface TopicReference {
  readonly name: string | null
  /** Zero when the name says it. */
  readonly topicId: string
}

/** As in the DeleteTopics response. */
export interface DeleteTopicResult {
  readonly name: string | null
  readonly topicId: string
  readonly errorCode: number
  readonly errorMessage: string | null
}

/** Deletes one topic: UNKNOWN_TOPIC_OR_PARTITION or UNKNOWN_TOPIC_ID where there is none, TOPIC_DELETION_DISABLED. */
export function deleteTopic(
  image: MetadataImage,
  reference: TopicReference,
  { config }: DecisionContext,
): Decision<DeleteTopicResult> {
  const refuse = (errorCode: number, errorMessage: string | null = null): Decision<DeleteTopicResult> => ({
    result: { name: reference.name, topicId: reference.topicId, errorCode, errorMessage },
    change: null,
  })
  if (!config['delete.topic.enable']) {
    return refuse(errors.TOPIC_DELETION_DISABLED.code, 'Topics cannot be deleted: delete.topic.enable is false.')
  }
  const byId = reference.name === null
  const topic = findTopic(image, reference)
  if (topic === undefined) {
    return refuse(byId ? errors.UNKNOWN_TOPIC_ID.code : errors.UNKNOWN_TOPIC_OR_PARTITION.code)
  }
  if (intakeTopicOf(topic.name) !== null) {
    return refuse(errors.POLICY_VIOLATION.code, `"${topic.name}" goes with the topic whose records wait in it.`)
  }
  return {
    result: { name: topic.name, topicId: topic.topicId, errorCode: errors.NONE.code, errorMessage: null },
    change: { key: topicKey(topic.name), value: null, base: topic.modRevision },
  }
}

/**
 * Says which of the references in one request cannot be followed because they contradict themselves or each other; one
 * text or null per reference. INVALID_REQUEST answers them.
 */
export function referenceProblems(image: MetadataImage, references: readonly TopicReference[]): (string | null)[] {
  const timesMeant = new Map<string, number>()
  const meant = references.map(
    (reference) => findTopic(image, reference)?.topicId ?? reference.name ?? reference.topicId,
  )
  for (const topic of meant) timesMeant.set(topic, (timesMeant.get(topic) ?? 0) + 1)
  return references.map(({ name, topicId }, index) => {
    if (name === null && topicId === zeroTopicId) return 'Neither the name nor the id of the topic is given.'
    if (name !== null && topicId !== zeroTopicId) return 'Give the name or the id of the topic, not both.'
    return timesMeant.get(meant[index]!)! > 1 ? 'The request names the same topic twice.' : null
  })
}

function findTopic(image: MetadataImage, { name, topicId }: TopicReference): TopicImage | undefined {
  return name === null ? image.topicsById.get(topicId) : image.topics.get(name)
}
