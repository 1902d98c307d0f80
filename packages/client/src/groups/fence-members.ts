/** Sends the members of a classic group away, as their leaving would. Clients that live join again when they notice. */
import { LeaveGroup } from '@odradek/protocol'
import type { Cluster } from '../cluster.ts'
import { assertNone, RefusedError } from '../cluster-errors.ts'
import { groupNow } from './group-now.ts'

/** Returns who was sent away. Throws for a group of the new protocol, whose members only leave by themselves. */
export async function fenceMembers(cluster: Cluster, group: string, reason: string): Promise<string[]> {
  const tried = `send the members of group "${group}" away`
  const { coordinator, members, type } = await groupNow(cluster, group)
  if (type !== 'classic') {
    throw new RefusedError('Members of a group of the consumer protocol cannot be sent away.', tried, 'Stop them.')
  }
  if (members.length === 0) return []
  const answer = await cluster.request(
    LeaveGroup,
    {
      groupId: group,
      members: members.map(({ id, instanceId }) => ({
        memberId: instanceId === null ? id : '',
        groupInstanceId: instanceId,
        reason,
      })),
    },
    coordinator,
    { atLeast: 3, tried },
  )
  assertNone(answer.errorCode, tried)
  return members.map(({ clientId, host }) => `${clientId} (${host})`)
}
