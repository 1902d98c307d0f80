/** @platformatic/kafka, with texts for keys and values. */
import { Admin, Consumer, type Message, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'

const clientId = 'platformatic'

export type TextMessage = Message<string, string, string, string>
export type TextProducer = Producer<string, string, string, string>
export type TextConsumer = Consumer<string, string, string, string>

/** Tried again soon, or not at all: an error should be seen, not waited for. */
const retry = { retries: 2, retryDelay: 50 }

export function openAdmin(bootstrap: string): Admin {
  return new Admin({ clientId, bootstrapBrokers: [bootstrap], ...retry })
}

export function openProducer(bootstrap: string, options: { idempotent?: boolean; autocreateTopics?: boolean } = {}) {
  return new Producer({ clientId, bootstrapBrokers: [bootstrap], serializers: stringSerializers, ...retry, ...options })
}

export interface ConsumerSettings {
  readonly groupInstanceId?: string
  readonly autocommit?: boolean
}

export function openConsumer(bootstrap: string, groupId: string, settings: ConsumerSettings = {}): TextConsumer {
  return new Consumer({
    clientId,
    groupId,
    bootstrapBrokers: [bootstrap],
    deserializers: stringDeserializers,
    heartbeatInterval: 100,
    maxWaitTime: 100,
    ...retry,
    ...settings,
  })
}

/** Where to read from; the beginning, unless said otherwise. */
export type ReadFrom =
  | { readonly mode: 'earliest' | 'committed'; readonly fallbackMode?: 'earliest' }
  | {
      readonly mode: 'manual'
      readonly offsets: { readonly topic: string; readonly partition: number; readonly offset: bigint }[]
    }

/** The next `count` records that a new consumer is given. Its group commits them. */
export async function read(
  bootstrap: string,
  topic: string,
  count: number,
  { groupId = `read-${topic}`, from = { mode: 'earliest' } }: { groupId?: string; from?: ReadFrom } = {},
): Promise<TextMessage[]> {
  const consumer = openConsumer(bootstrap, groupId, { autocommit: false })
  const stream = await consumer.consume({ topics: [topic], ...from })
  const messages: TextMessage[] = []
  for await (const message of stream) {
    messages.push(message)
    if (messages.length === count) break
  }
  const last = Map.groupBy(messages, ({ partition }) => partition)
  await consumer.commit({
    offsets: [...last].map(([partition, read]) => ({
      topic,
      partition,
      offset: read.at(-1)!.offset + 1n,
      leaderEpoch: 0,
    })),
  })
  await consumer.close(true)
  return messages
}
