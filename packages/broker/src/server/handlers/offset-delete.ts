/** OffsetDelete (key 47, version 0): forgets committed offsets of topics that the group no longer subscribes to. */
import { OffsetDelete } from '@odradek/protocol'
import { handle } from '../exchange.ts'

export const offsetDelete = handle(OffsetDelete, (request, exchange, broker) => {
  broker.groups.offsetDelete(request, (response) => exchange.answer(response))
  return undefined
})
