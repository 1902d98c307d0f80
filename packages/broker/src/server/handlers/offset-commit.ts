/** OffsetCommit (key 8, versions 2 to 10): how far a group has read. */
import { OffsetCommit, type OffsetCommitResponse } from '@odradek/protocol'
import { handle } from '../exchange.ts'
import { inSlicesOf } from '../in-slices.ts'

export const offsetCommit = handle(OffsetCommit, (request, exchange, broker) => {
  const answer = (response: OffsetCommitResponse) => exchange.answer(response)
  broker.groups.offsetCommit(request, exchange.version, answer, inSlicesOf(exchange, { isRead: false }))
  return undefined
})
