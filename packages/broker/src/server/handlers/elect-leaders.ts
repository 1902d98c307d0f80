/** ElectLeaders (key 43, versions 0 to 2): the controller elects preferred leaders, or any where none in sync is left. */
import { ElectLeaders, type ElectLeadersResponse, errors } from '@odradek/protocol'
import { answerLater } from '../answer-later.ts'
import { withErrorTexts } from '../error-text.ts'
import { handle } from '../exchange.ts'

export const electLeaders = handle(
  ElectLeaders,
  ({ electionType, topicPartitions }, exchange, broker) => {
    const { metadata } = broker
    const errorMessage = metadata.controllerElsewhere
    if (errorMessage !== null) {
      const { code } = errors.NOT_CONTROLLER
      const results = (topicPartitions ?? []).map(({ topic, partitions }) => ({
        topic,
        partitionResult: partitions.map((partitionId) => ({ partitionId, errorCode: code, errorMessage })),
      }))
      return { errorCode: code, replicaElectionResults: results }
    }
    const isAll = topicPartitions === null
    const asked = isAll
      ? [...metadata.image.topics.keys()].map((name): [string, null] => [name, null])
      : [...Map.groupBy(topicPartitions, ({ topic }) => topic)].map(([name, entries]): [string, number[]] => [
          name,
          entries.flatMap(({ partitions }) => partitions),
        ])
    return answerLater(
      exchange,
      metadata.replicas
        .elect(new Map<string, readonly number[] | null>(asked), electionType)
        .then((results): ElectLeadersResponse => {
          const told = [...results].map(([topic, ofTopic]) => {
            // Who asks for all asks for those that need it.
            const partitions = isAll ? ofTopic.filter(({ errorCode }) => errorCode !== notNeeded) : ofTopic
            return {
              topic,
              partitionResult: withErrorTexts(partitions).map(({ index, errorCode, errorMessage }) => {
                return { partitionId: index, errorCode, errorMessage }
              }),
            }
          })
          return {
            errorCode: 0,
            replicaElectionResults: told.filter(({ partitionResult }) => partitionResult.length > 0),
          }
        }),
    )
  },
  { blocking: true },
)

const notNeeded = errors.ELECTION_NOT_NEEDED.code
