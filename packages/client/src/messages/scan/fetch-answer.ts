import { errors } from '@odradek/protocol'
import { KafkaError } from '../../cluster-errors.ts'
import type { FetchedPartition } from './fetch-batches.ts'

/** What an answer about a partition means for a scan: read it, skip to where the log begins now, or ask another broker. */
export type AnswerVerdict = 'read' | 'outOfRange' | 'moved'

/** @throws KafkaError for what asking again does not mend */
export function judgeAnswer(topic: string, { partition, errorCode }: FetchedPartition): AnswerVerdict {
  switch (errorCode) {
    case errors.NONE.code:
      return 'read'
    case errors.OFFSET_OUT_OF_RANGE.code:
      return 'outOfRange'
    case errors.NOT_LEADER_OR_FOLLOWER.code:
    case errors.LEADER_NOT_AVAILABLE.code:
    case errors.FENCED_LEADER_EPOCH.code:
    case errors.UNKNOWN_LEADER_EPOCH.code:
    case errors.REPLICA_NOT_AVAILABLE.code:
      return 'moved'
    default:
      throw new KafkaError(errorCode, `read partition ${partition} of topic "${topic}"`)
  }
}
