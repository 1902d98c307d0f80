/** SyncGroup (key 14, versions 0 to 5): the leader gives the assignments, the others wait for theirs. */
import { SyncGroup } from '@odradek/protocol'
import { handle } from '../exchange.ts'

export const syncGroup = handle(
  SyncGroup,
  (request, exchange, broker) => {
    broker.groups.syncGroup(request, (response) => exchange.answer(response))
    return undefined
  },
  { blocking: true, isPoll: true },
)
