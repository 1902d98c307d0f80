/** DeleteGroups (key 42, versions 0 to 2): empty groups and their offsets go. */
import { DeleteGroups } from '@odradek/protocol'
import { handle } from '../exchange.ts'
import { inSlicesOf } from '../in-slices.ts'

export const deleteGroups = handle(DeleteGroups, (request, exchange, broker) => {
  broker.groups.deleteGroups(
    request.groupsNames,
    (results) => exchange.answer({ results }),
    inSlicesOf(exchange, { isRead: false }),
  )
  return undefined
})
