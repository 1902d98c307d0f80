/** CreatePartitions (key 37, versions 0 to 3): a topic's number of partitions grows. */
import { CreatePartitions, type CreatePartitionsResponse } from '@odradek/protocol'
import { answerLater } from '../answer-later.ts'
import { withErrorTexts } from '../error-text.ts'
import { handle } from '../exchange.ts'

export const createPartitions = handle(
  CreatePartitions,
  ({ topics, validateOnly }, exchange, broker) =>
    answerLater(
      exchange,
      broker.metadata
        .createPartitions(topics, { validateOnly })
        .then((results): CreatePartitionsResponse => ({ results: withErrorTexts(results) })),
    ),
  { blocking: true },
)
