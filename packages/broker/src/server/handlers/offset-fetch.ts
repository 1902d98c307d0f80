/** OffsetFetch (key 9, versions 1 to 10): how far groups have read; one group up to version 7. */
import { OffsetFetch } from '@odradek/protocol'
import { handle } from '../exchange.ts'
import { namedOnce, partitionsOnce } from '../named-once.ts'

export const offsetFetch = handle(OffsetFetch, (request, exchange, broker) => {
  const topics = request.topics && partitionsOnce(request.topics)
  const groups = namedOnce(request.groups, ({ groupId }) => groupId).map((group) => ({
    ...group,
    topics: group.topics && partitionsOnce(group.topics),
  }))
  broker.groups.offsetFetch({ ...request, topics, groups }, exchange.version, (response) => exchange.answer(response))
  return undefined
})
