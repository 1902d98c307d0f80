/** UnregisterBroker (key 64, version 0): the controller forgets a broker that is gone for good. */
import { errors, UnregisterBroker } from '@odradek/protocol'
import { answerLater } from '../answer-later.ts'
import { handle } from '../exchange.ts'

export const unregisterBroker = handle(
  UnregisterBroker,
  ({ brokerId }, exchange, { metadata }) => {
    const errorMessage = metadata.controllerElsewhere
    if (errorMessage !== null) {
      return { errorCode: errors.NOT_CONTROLLER.code, errorMessage }
    }
    return answerLater(exchange, metadata.unregisterBroker(brokerId))
  },
  { blocking: true },
)
