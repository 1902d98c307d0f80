/** OffsetFetch (key 9, versions 1 to 10): how far groups have read; one group up to version 7. */
import { OffsetFetch, type OffsetFetchResponse } from '@odradek/protocol'
import { handle } from '../exchange.ts'
import { inSlicesOf } from '../in-slices.ts'
import { namedOnce, partitionsOnce } from '../named-once.ts'

export const offsetFetch = handle(OffsetFetch, (request, exchange, broker) => {
  const topics = request.topics && [...partitionsOnce(request.topics)]
  const groups = [...namedOnce(request.groups, ({ groupId }) => groupId)].map((group) => ({
    ...group,
    topics: group.topics && [...partitionsOnce(group.topics)],
  }))
  const answer = (response: OffsetFetchResponse) => exchange.answer(response)
  broker.groups.offsetFetch(
    { ...request, topics, groups },
    exchange.version,
    answer,
    inSlicesOf(exchange, { isRead: true }),
  )
  return undefined
})
