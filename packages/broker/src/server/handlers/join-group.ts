/** JoinGroup (key 11, versions 0 to 9): enters a classic group, or joins its next generation; waits for the others. */
import { errors, JoinGroup } from '@odradek/protocol'
import { handle } from '../exchange.ts'

export const joinGroup = handle(
  JoinGroup,
  (request, exchange, broker) => {
    const { version, clientId, connection } = exchange
    const client = { apiVersion: version, clientId: clientId ?? '', clientHost: `/${connection.remoteAddress}` }
    broker.groups.joinGroup(request, client, (response) => {
      if (response.errorCode === errors.GROUP_MAX_SIZE_REACHED.code)
        broker.logLimiter.warn(
          'limit',
          { remote: connection.remote, clientId, groupId: request.groupId },
          `A member was refused: group.max.size allows ${broker.config['group.max.size']}`,
        )
      exchange.answer(response)
    })
    return undefined
  },
  { blocking: true, isPoll: true },
)
