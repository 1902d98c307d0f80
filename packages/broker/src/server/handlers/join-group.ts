/** JoinGroup (key 11, versions 0 to 9): enters a classic group, or joins its next generation; waits for the others. */
import { JoinGroup } from '@odradek/protocol'
import { handle } from '../exchange.ts'

export const joinGroup = handle(
  JoinGroup,
  (request, exchange, broker) => {
    const { version, clientId, connection } = exchange
    const client = { apiVersion: version, clientId: clientId ?? '', clientHost: `/${connection.remoteAddress}` }
    broker.groups.joinGroup(request, client, (response) => exchange.answer(response))
    return undefined
  },
  { blocking: true, isPoll: true },
)
