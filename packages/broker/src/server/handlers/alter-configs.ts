/** AlterConfigs (key 33, versions 0 to 2): replaces all dynamic configs of topics, brokers and groups. */
import { AlterConfigs, type AlterConfigsResponse } from '@odradek/protocol'
import { answerLater } from '../answer-later.ts'
import { withErrorTexts } from '../error-text.ts'
import { handle } from '../exchange.ts'

export const alterConfigs = handle(
  AlterConfigs,
  ({ resources, validateOnly }, exchange, broker) =>
    answerLater(
      exchange,
      broker.metadata
        .alterConfigs(resources, { validateOnly })
        .then((results): AlterConfigsResponse => ({ responses: withErrorTexts(results) })),
    ),
  { blocking: true },
)
