/** AlterConfigs (key 33, versions 0 to 2): replaces all dynamic configs of topics, brokers and groups. */
import { AlterConfigs, type AlterConfigsResponse } from '@odradek/protocol'
import { refusedAlter } from '../../metadata/controller/alter-configs.ts'
import { answerLater } from '../answer-later.ts'
import { withErrorTexts } from '../error-text.ts'
import { handle } from '../exchange.ts'
import { submitOthers } from '../submit-others.ts'
import { typeChangeRefusal } from '../waiting-records.ts'

export const alterConfigs = handle(
  AlterConfigs,
  ({ resources, validateOnly }, exchange, broker) =>
    answerLater(
      exchange,
      submitOthers(
        resources,
        (resource) => {
          const refusal = typeChangeRefusal(broker, resource, false)
          return refusal === null ? null : refusedAlter(resource, refusal)
        },
        (others) => broker.metadata.alterConfigs(others, { validateOnly }),
      ).then((results): AlterConfigsResponse => ({ responses: withErrorTexts(results) })),
    ),
  { blocking: true },
)
