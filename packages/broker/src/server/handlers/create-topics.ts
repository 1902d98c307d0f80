/** CreateTopics (key 19, versions 2 to 7): the answer comes when this broker leads the new partitions. */
import { CreateTopics, type CreateTopicsResponse } from '@odradek/protocol'
import { answerLater } from '../answer-later.ts'
import { withErrorTexts } from '../error-text.ts'
import { handle } from '../exchange.ts'

export const createTopics = handle(
  CreateTopics,
  ({ topics, validateOnly }, exchange, broker) =>
    answerLater(
      exchange,
      broker.metadata
        .createTopics(topics, { validateOnly })
        .then((results): CreateTopicsResponse => ({ topics: withErrorTexts(results) })),
    ),
  { blocking: true },
)
