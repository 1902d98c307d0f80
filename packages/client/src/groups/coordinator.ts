/** Which broker coordinates a group. */
import { setTimeout as delay } from 'node:timers/promises'
import { FindCoordinator } from '@odradek/protocol'
import type { Cluster } from '../cluster.ts'
import { assertNone, KafkaError } from '../cluster-errors.ts'

const TRIES_MAX = 6
const WAIT_MS = 150

/**
 * The node id of the group's coordinator. A cluster that has just begun makes the topic of the offsets at the first
 * question, and answers COORDINATOR_NOT_AVAILABLE until it is there: so it is asked some times. Throws a KafkaError.
 */
export async function findCoordinator(cluster: Cluster, groupId: string): Promise<number> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask(cluster, groupId)
    } catch (error) {
      if (!(error instanceof KafkaError && error.isRetriable) || tries === TRIES_MAX) throw error
      await delay(WAIT_MS * tries)
    }
  }
}

async function ask(cluster: Cluster, groupId: string): Promise<number> {
  const tried = `find the coordinator of group "${groupId}"`
  const answer = await cluster.request(FindCoordinator, { key: groupId, coordinatorKeys: [groupId] }, 'any', { tried })
  const found = answer.coordinators[0]
  if (found) {
    assertNone(found.errorCode, tried, found.errorMessage)
    return found.nodeId
  }
  assertNone(answer.errorCode, tried, answer.errorMessage)
  return answer.nodeId
}
