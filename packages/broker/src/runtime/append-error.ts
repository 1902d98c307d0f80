import { errors } from '@odradek/protocol'

/**
 * What a client of a coordinator is told when the coordinator's own log did not take or keep a record: a code that makes
 * it look for the coordinator again, or try again, as Kafka's coordinators answer.
 */
export function coordinatorErrorOf(appendError: number): number {
  switch (appendError) {
    case errors.UNKNOWN_TOPIC_OR_PARTITION.code:
    case errors.NOT_ENOUGH_REPLICAS.code:
    case errors.NOT_ENOUGH_REPLICAS_AFTER_APPEND.code:
    case errors.REQUEST_TIMED_OUT.code:
      return errors.COORDINATOR_NOT_AVAILABLE.code
    case errors.NOT_LEADER_OR_FOLLOWER.code:
    case errors.KAFKA_STORAGE_ERROR.code:
      return errors.NOT_COORDINATOR.code
    case errors.MESSAGE_TOO_LARGE.code:
    case errors.RECORD_LIST_TOO_LARGE.code:
    case errors.INVALID_FETCH_SIZE.code:
      return errors.UNKNOWN_SERVER_ERROR.code
    default:
      return appendError
  }
}
