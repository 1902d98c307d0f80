/** DeleteTopics (key 20, versions 1 to 6): by name, from version 6 also by id. */
import { DeleteTopics, type DeleteTopicsResponse, ZERO_UUID } from '@odradek/protocol'
import { answerLater } from '../answer-later.ts'
import { withErrorTexts } from '../error-text.ts'
import { handle } from '../exchange.ts'

const REFERENCE_VERSION = 6

export const deleteTopics = handle(
  DeleteTopics,
  ({ topics, topicNames }, exchange, broker) => {
    const byName = topicNames.map((name) => ({ name, topicId: ZERO_UUID }))
    const references = exchange.version >= REFERENCE_VERSION ? topics : byName
    return answerLater(
      exchange,
      broker.metadata
        .deleteTopics(references)
        .then((results): DeleteTopicsResponse => ({ responses: withErrorTexts(results) })),
    )
  },
  { blocking: true },
)
