/** DeleteTopics (key 20, versions 1 to 6): by name, from version 6 also by id. */
import { DeleteTopics, type DeleteTopicsResponse, ZERO_UUID } from '@odradek/protocol'
import type { DeleteTopicResult } from '../../metadata/controller/delete-topic.ts'
import { answerLater } from '../answer-later.ts'
import { withErrorTexts } from '../error-text.ts'
import { handle } from '../exchange.ts'
import { submitOthers } from '../submit-others.ts'
import { deletionRefusal } from '../waiting-records.ts'

const REFERENCE_VERSION = 6

export const deleteTopics = handle(
  DeleteTopics,
  ({ topics, topicNames }, exchange, broker) => {
    const byName = topicNames.map((name) => ({ name, topicId: ZERO_UUID }))
    const references = exchange.version >= REFERENCE_VERSION ? topics : byName
    return answerLater(
      exchange,
      submitOthers(
        references,
        (reference): DeleteTopicResult | null => {
          const { topics: byName, topicsById } = broker.metadata.image
          const topic = reference.name === null ? topicsById.get(reference.topicId) : byName.get(reference.name)
          const refusal = deletionRefusal(broker, topic)
          return refusal === null ? null : { ...reference, ...refusal }
        },
        (others) => broker.metadata.deleteTopics(others),
      ).then((results): DeleteTopicsResponse => ({ responses: withErrorTexts(results) })),
    )
  },
  { blocking: true },
)
