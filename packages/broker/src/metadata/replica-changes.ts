/**
 * Who replicates and leads partitions, and how that is changed: in-sync replicas, elections, moves. Each topic is a decision of its
 * own, and a compare-and-set in the store. Methods resolve when the image has what they changed.
 */
import { errors } from '@odradek/protocol'
import type { Logger } from 'pino'
import { alterIsr, type IsrChange, type IsrOutcome } from './controller/alter-isr.ts'
import type { DecisionContext, Refusal } from './controller/decision.ts'
import { type ElectionResult, electLeaders } from './controller/elect-leaders.ts'
import {
  type ReassignmentRequest,
  type ReassignmentResult,
  reassignPartitions,
} from './controller/reassign-partitions.ts'
import { withdrawReplicas } from './controller/withdraw-replicas.ts'
import type { Decisions } from './decisions.ts'
import type { MetadataImage, TopicImage } from './image.ts'

export interface ReplicaChangesOptions {
  readonly decisions: Decisions
  readonly image: () => MetadataImage
  readonly logger: Logger
  readonly nodeId: number
}

export class ReplicaChanges {
  readonly #decisions: Decisions
  readonly #image: () => MetadataImage
  readonly #logger: Logger
  readonly #nodeId: number

  constructor({ decisions, image, logger, nodeId }: ReplicaChangesOptions) {
    this.#decisions = decisions
    this.#image = image
    this.#logger = logger
    this.#nodeId = nodeId
  }

  /**
   * Changes the in-sync replicas of partitions that this broker leads; one outcome per change, in order. Each is a
   * compare-and-set in this broker's own name, so that it works whoever is controller. Never rejects.
   */
  async alterIsr(changes: readonly IsrChange[]): Promise<IsrOutcome[]> {
    const epochs = new Map([...this.#image().brokers.values()].map(({ id, epoch }) => [id, epoch]))
    const author = { nodeId: this.#nodeId, epochs }
    const outcomes = new Map<IsrChange, IsrOutcome>()
    const byTopic = [...Map.groupBy(changes, ({ topicId }) => topicId)]
    await Promise.all(
      byTopic.map(async ([topicId, ofTopic]) => {
        const results = await this.#decisions
          .insist(
            (image, context) => alterIsr(image, author, topicId, ofTopic, context),
            ({ errorCode }) => ofTopic.map((): IsrOutcome => ({ errorCode })),
            'own',
          )
          .catch((error: Error) => {
            this.#logger.debug({ err: error }, 'The metadata store does not answer; the in-sync replicas stay')
            return ofTopic.map((): IsrOutcome => ({ errorCode: errors.REQUEST_TIMED_OUT.code }))
          })
        for (const [place, change] of ofTopic.entries()) outcomes.set(change, results[place]!)
      }),
    )
    return changes.map((change) => outcomes.get(change)!)
  }

  /**
   * This broker's logs of some partitions of a topic cannot be used any more: others are to lead those, and it is in sync
   * no longer. Resolves to NONE when the image has it, to UNKNOWN_TOPIC_ID, or to REQUEST_TIMED_OUT where the store does
   * not answer: then it is to be said again. Never rejects.
   */
  async withdraw(topicId: string, indexes: readonly number[]): Promise<number> {
    return await this.#decisions
      .submit(
        (image, context) => withdrawReplicas(image, this.#nodeId, topicId, indexes, context),
        ({ errorCode }) => errorCode,
        { as: 'own' },
      )
      .catch((error: Error) => {
        this.#logger.debug({ err: error }, 'The metadata store does not answer; replicas are withdrawn later')
        return errors.REQUEST_TIMED_OUT.code
      })
  }

  /** Elects leaders for partitions by topic (all of them without indexes); results by topic. */
  async elect(
    partitions: ReadonlyMap<string, readonly number[] | null>,
    type: number,
  ): Promise<Map<string, ElectionResult[]>> {
    const elected = await Promise.all(
      [...partitions].map(async ([name, indexes]): Promise<[string, ElectionResult[]]> => {
        const refuse = (refusal: Refusal) =>
          (indexes ?? indexesOf(this.#image().topics.get(name))).map((index) => ({ index, ...refusal }))
        const decide = (image: MetadataImage, context: DecisionContext) =>
          electLeaders(image, name, indexes, type, context)
        return [name, await this.#decisions.submit(decide, refuse)]
      }),
    )
    return new Map(elected)
  }

  /** Begins to move partitions to other replicas, or takes that back; results by topic, in order. */
  async reassign(
    requests: ReadonlyMap<string, readonly ReassignmentRequest[]>,
  ): Promise<Map<string, ReassignmentResult[]>> {
    const results = await Promise.all(
      [...requests].map(async ([name, ofTopic]): Promise<[string, ReassignmentResult[]]> => {
        const refuse = (refusal: Refusal) => ofTopic.map(({ index }) => ({ index, ...refusal }))
        return [name, await this.#decisions.submit((image) => reassignPartitions(image, name, ofTopic), refuse)]
      }),
    )
    return new Map(results)
  }
}

function indexesOf(topic: TopicImage | undefined): number[] {
  return topic?.partitions.map(({ index }) => index) ?? []
}
