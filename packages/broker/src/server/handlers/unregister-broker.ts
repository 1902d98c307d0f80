/** UnregisterBroker (key 64, version 0): a broker that is gone for good is forgotten, whichever broker is asked. */
import { UnregisterBroker } from '@odradek/protocol'
import { answerLater } from '../answer-later.ts'
import { handle } from '../exchange.ts'

export const unregisterBroker = handle(
  UnregisterBroker,
  ({ brokerId }, exchange, { metadata }) => answerLater(exchange, metadata.unregisterBroker(brokerId)),
  { blocking: true },
)
