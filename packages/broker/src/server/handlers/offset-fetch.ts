/** OffsetFetch (key 9, versions 1 to 10): how far groups have read; one group up to version 7. */
import { OffsetFetch } from '@odradek/protocol'
import { handle } from '../exchange.ts'

export const offsetFetch = handle(OffsetFetch, (request, exchange, broker) => {
  broker.groups.offsetFetch(request, exchange.version, (response) => exchange.answer(response))
  return undefined
})
