/** DescribeGroups (key 15, versions 0 to 6): state, protocol and members of groups. */
import { DescribeGroups, type DescribeGroupsResponse } from '@odradek/protocol'
import { GROUP_OPERATIONS } from '../authorized-operations.ts'
import { handle } from '../exchange.ts'
import { inSlicesOf } from '../in-slices.ts'
import { namedOnce } from '../named-once.ts'

export const describeGroups = handle(DescribeGroups, (request, exchange, broker) => {
  const groupIds = namedOnce(request.groups, (groupId) => groupId)
  const answer = (groups: DescribeGroupsResponse['groups']) => {
    if (!request.includeAuthorizedOperations) exchange.answer({ groups })
    else exchange.answer({ groups: groups.map((group) => ({ ...group, authorizedOperations: GROUP_OPERATIONS })) })
  }
  broker.groups.describeGroups(groupIds, exchange.version, answer, inSlicesOf(exchange, { isRead: true }))
  return undefined
})
