/** LeaveGroup (key 13, versions 0 to 5): members leave; static ones by their instance id from version 3. */
import { LeaveGroup } from '@odradek/protocol'
import { handle } from '../exchange.ts'

export const leaveGroup = handle(LeaveGroup, (request, exchange, broker) => {
  broker.groups.leaveGroup(request, exchange.version, (response) => exchange.answer(response))
  return undefined
})
