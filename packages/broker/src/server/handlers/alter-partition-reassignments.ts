/**
 * AlterPartitionReassignments (key 45, versions 0 and 1): the controller begins to move partitions to other replicas, or
 * takes that back. The answer comes when that is decided, not when it is done: ListPartitionReassignments tells.
 */
import {
  AlterPartitionReassignments,
  type AlterPartitionReassignmentsRequest,
  type AlterPartitionReassignmentsResponse,
  errors,
} from '@odradek/protocol'
import { answerLater } from '../answer-later.ts'
import type { BrokerContext } from '../broker-context.ts'
import { withErrorTexts } from '../error-text.ts'
import { handle } from '../exchange.ts'

const NOT_CONTROLLER = errors.NOT_CONTROLLER.code

export const alterPartitionReassignments = handle(
  AlterPartitionReassignments,
  (request, exchange, broker) => {
    const { metadata } = broker
    const errorMessage = metadata.controllerElsewhere
    if (errorMessage !== null) return { errorCode: NOT_CONTROLLER, errorMessage, responses: [] }
    const fixed = factorChange(request, broker)
    if (fixed !== null) return { errorCode: errors.INVALID_REPLICATION_FACTOR.code, errorMessage: fixed, responses: [] }
    const byTopic = [...Map.groupBy(request.topics, ({ name }) => name)].map(([name, entries]) => {
      const partitions = entries.flatMap((entry) => entry.partitions)
      return [name, partitions.map(({ partitionIndex, replicas }) => ({ index: partitionIndex, replicas }))] as const
    })
    const { allowReplicationFactorChange } = request
    return answerLater(
      exchange,
      metadata.replicas.reassign(new Map(byTopic)).then((results): AlterPartitionReassignmentsResponse => {
        const all = [...results.values()].flat()
        const [first] = all
        // Who was controller and has not heard: clients look for another one only where that is said at the top.
        if (first?.errorCode === NOT_CONTROLLER && all.every(({ errorCode }) => errorCode === NOT_CONTROLLER)) {
          return { errorCode: NOT_CONTROLLER, errorMessage: first.errorMessage, responses: [] }
        }
        return {
          allowReplicationFactorChange,
          errorCode: 0,
          errorMessage: null,
          responses: [...results].map(([name, ofTopic]) => ({
            name,
            partitions: withErrorTexts(ofTopic).map(({ index, errorCode, errorMessage }) => {
              return { partitionIndex: index, errorCode, errorMessage }
            }),
          })),
        }
      }),
    )
  },
  { blocking: true },
)

/** What is wrong where the number of replicas is to stay as it is; null for nothing. */
function factorChange(request: AlterPartitionReassignmentsRequest, broker: BrokerContext): string | null {
  if (request.allowReplicationFactorChange) return null
  for (const { name, partitions } of request.topics) {
    for (const { partitionIndex, replicas } of partitions) {
      const partition = broker.metadata.image.topics.get(name)?.partitions[partitionIndex]
      if (partition === undefined || replicas === null) continue
      const now = partition.replicas.length - (partition.adding?.length ?? 0)
      if (now !== replicas.length) {
        return `Partition ${partitionIndex} of ${name} has ${now} replica(s), ${replicas.length} are asked for.`
      }
    }
  }
  return null
}
