/** Which broker coordinates a group. */
import { FindCoordinator } from '@odradek/protocol'
import type { Cluster } from '../cluster.ts'
import { assertNone } from '../cluster-errors.ts'

/** The node id of the group's coordinator; throws a KafkaError while there is none. */
export async function findCoordinator(cluster: Cluster, groupId: string): Promise<number> {
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
