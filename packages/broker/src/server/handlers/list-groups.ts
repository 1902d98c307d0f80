/** ListGroups (key 16, versions 0 to 5): the groups this broker coordinates, by state and type. */
import { ListGroups } from '@odradek/protocol'
import { handle } from '../exchange.ts'
import { inSlicesOf } from '../in-slices.ts'

export const listGroups = handle(ListGroups, (request, exchange, broker) => {
  broker.groups.listGroups(request, (response) => exchange.answer(response), inSlicesOf(exchange, { isRead: true }))
  return undefined
})
