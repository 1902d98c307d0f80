/** Heartbeat (key 12, versions 0 to 4): a member of a classic group is alive. */
import { Heartbeat } from '@odradek/protocol'
import { handle } from '../exchange.ts'

export const heartbeat = handle(Heartbeat, (request, exchange, broker) => {
  broker.groups.heartbeat(request, (response) => exchange.answer(response))
  return undefined
})
