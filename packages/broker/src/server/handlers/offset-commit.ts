/** OffsetCommit (key 8, versions 2 to 10): how far a group has read. */
import { OffsetCommit } from '@odradek/protocol'
import { handle } from '../exchange.ts'

export const offsetCommit = handle(OffsetCommit, (request, exchange, broker) => {
  broker.groups.offsetCommit(request, exchange.version, (response) => exchange.answer(response))
  return undefined
})
