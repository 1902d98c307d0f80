/** IncrementalAlterConfigs (key 44, versions 0 and 1): changes single configs of topics, brokers and groups (KIP-339). */
import { IncrementalAlterConfigs, type IncrementalAlterConfigsResponse } from '@odradek/protocol'
import { answerLater } from '../answer-later.ts'
import { withErrorTexts } from '../error-text.ts'
import { handle } from '../exchange.ts'

export const incrementalAlterConfigs = handle(
  IncrementalAlterConfigs,
  ({ resources, validateOnly }, exchange, broker) =>
    answerLater(
      exchange,
      broker.metadata
        .incrementalAlterConfigs(resources, { validateOnly })
        .then((results): IncrementalAlterConfigsResponse => ({ responses: withErrorTexts(results) })),
    ),
  { blocking: true },
)
