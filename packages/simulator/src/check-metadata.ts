import type { MetadataImage } from '@odradek/broker/src/metadata/image.ts'
import type { History } from './history.ts'

/**
 * Topics that were acknowledged are there, as they were asked for; those that were deleted stay away; leaders' epochs rise
 * with every start.
 */
export function checkMetadata(history: History, image: MetadataImage): void {
  for (const topic of history.topics.values()) {
    const found = image.topics.get(topic.name)
    if (topic.state === 'deleted' && found !== undefined) history.fail(`topic ${topic.name} was deleted, and is there`)
    if (topic.state !== 'there') continue
    if (found === undefined) {
      history.fail(`topic ${topic.name} is gone`)
      continue
    }
    if (found.topicId !== topic.topicId)
      history.fail(`topic ${topic.name} has id ${found.topicId}, and was told to have ${topic.topicId}`)
    const count = found.partitions.length
    if (count < topic.partitions.length || count > topic.partitionsAsked)
      history.fail(`topic ${topic.name} has ${count} partitions, and ${topic.partitionsAsked} were asked for`)
    for (const { index, leaderEpoch } of found.partitions) {
      const before = topic.leaderEpochs[index] ?? -1
      if (leaderEpoch <= before) history.fail(`topic ${topic.name} has epoch ${leaderEpoch} again in a new life`)
      topic.leaderEpochs[index] = leaderEpoch
    }
    for (const [key, value] of topic.configs) {
      const actual = found.configs[key]
      if (actual !== value && actual !== topic.configsAsked.get(key))
        history.fail(`topic ${topic.name} has ${key}=${actual}, and was set to ${value}`)
    }
  }
  for (const { name, isInternal } of image.topics.values()) {
    if (!isInternal && !history.topics.has(name)) history.fail(`topic ${name} is there, and nobody asked for it`)
  }
}
