/** DescribeGroups (key 15, versions 0 to 6): state, protocol and members of groups. */
import { DescribeGroups } from '@odradek/protocol'
import { GROUP_OPERATIONS } from '../authorized-operations.ts'
import { handle } from '../exchange.ts'

export const describeGroups = handle(DescribeGroups, (request, exchange, broker) => {
  broker.groups.describeGroups(request.groups, exchange.version, (groups) => {
    if (!request.includeAuthorizedOperations) exchange.answer({ groups })
    else exchange.answer({ groups: groups.map((group) => ({ ...group, authorizedOperations: GROUP_OPERATIONS })) })
  })
  return undefined
})
