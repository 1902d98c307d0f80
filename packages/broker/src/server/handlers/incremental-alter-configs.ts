/** IncrementalAlterConfigs (key 44, versions 0 and 1): changes single configs of topics, brokers and groups (KIP-339). */
import { IncrementalAlterConfigs, type IncrementalAlterConfigsResponse } from '@odradek/protocol'
import { refusedAlter } from '../../metadata/controller/alter-configs.ts'
import { answerLater } from '../answer-later.ts'
import { withErrorTexts } from '../error-text.ts'
import { handle } from '../exchange.ts'
import { submitOthers } from '../submit-others.ts'
import { typeChangeRefusal } from '../waiting-records.ts'

export const incrementalAlterConfigs = handle(
  IncrementalAlterConfigs,
  ({ resources, validateOnly }, exchange, broker) =>
    answerLater(
      exchange,
      submitOthers(
        resources,
        (resource) => {
          const refusal = typeChangeRefusal(broker, resource, true)
          return refusal === null ? null : refusedAlter(resource, refusal)
        },
        (others) => broker.metadata.incrementalAlterConfigs(others, { validateOnly }),
      ).then((results): IncrementalAlterConfigsResponse => ({ responses: withErrorTexts(results) })),
    ),
  { blocking: true },
)
