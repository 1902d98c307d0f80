/** DescribeGroups (key 15, versions 0 to 6): state, protocol and members of groups. */
import { DescribeGroups } from '@odradek/protocol'
import { GROUP_OPERATIONS } from '../authorized-operations.ts'
import { handle } from '../exchange.ts'
import { namedOnce } from '../named-once.ts'

export const describeGroups = handle(DescribeGroups, (request, exchange, broker) => {
  const groupIds = namedOnce(request.groups, (groupId) => groupId)
  broker.groups.describeGroups(groupIds, exchange.version, (groups) => {
    if (!request.includeAuthorizedOperations) exchange.answer({ groups })
    else exchange.answer({ groups: groups.map((group) => ({ ...group, authorizedOperations: GROUP_OPERATIONS })) })
  })
  return undefined
})
