/** What may not happen to a topic while records wait in it. */
import { errors } from '@odradek/protocol'
import type { TopicImage } from '../metadata/image.ts'
import { hasIntake } from '../metadata/intake-topic.ts'
import type { BrokerContext } from './broker-context.ts'

const TOPIC = 2
const DELETE = 1

interface Refusal {
  readonly errorCode: number
  readonly errorMessage: string
}

interface ConfigChange {
  readonly resourceType: number
  readonly resourceName: string
  readonly configs: readonly {
    readonly name: string
    readonly value: string | null
    readonly configOperation?: number
  }[]
}

/** Why a topic cannot be deleted: POLICY_VIOLATION while records wait in it, unless it says that they may go. Null if it can. */
export function deletionRefusal(broker: BrokerContext, topic: TopicImage | undefined): Refusal | null {
  if (topic === undefined || topic.configs['intake.delete.allow'] === 'true') return null
  if (!broker.intakes.isKnown(topic.topicId)) return notKnown(topic)
  const waiting = broker.intakes.waitingIn(topic.topicId)
  if (waiting === 0) return null
  return refuse(
    `${waitText(waiting)} in "${topic.name}". Set intake.delete.allow=true to delete ${waiting === 1 ? 'it' : 'them'} with the topic.`,
  )
}

/** Why a topic's `message.type` cannot change: records wait in it. Null for changes of other things. */
export function typeChangeRefusal(broker: BrokerContext, change: ConfigChange, isIncremental: boolean): Refusal | null {
  if (change.resourceType !== TOPIC) return null
  const topic = broker.metadata.image.topics.get(change.resourceName)
  const type = topic?.configs['message.type']
  if (topic === undefined || !hasIntake(type)) return null
  const set = change.configs.find(({ name }) => name === 'message.type')
  if (set === undefined && isIncremental) return null
  const isKept = set !== undefined && set.configOperation !== DELETE && set.value === type
  if (isKept) return null
  if (!broker.intakes.isKnown(topic.topicId)) return notKnown(topic)
  const waiting = broker.intakes.waitingIn(topic.topicId)
  return waiting === 0 ? null : refuse(`${waitText(waiting)} in "${topic.name}": its message.type cannot change now.`)
}

function notKnown({ name }: TopicImage): Refusal {
  return refuse(`What waits in "${name}" is still being read after the broker's start. Try again in a moment.`)
}

function refuse(errorMessage: string): Refusal {
  return { errorCode: errors.POLICY_VIOLATION.code, errorMessage }
}

function waitText(count: number): string {
  return count === 1 ? '1 record waits' : `${count} records wait`
}
