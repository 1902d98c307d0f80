import { type Decoders, fullPayload, type MessageSource, type WholeDelayedRecord } from '@odradek/client'

/** A record that waits, as it is shown: payloads decoded, the headers as text. */
export async function waitingMessage(source: MessageSource, record: WholeDelayedRecord, decoders: Decoders) {
  const { topic, partition, offset, due, isDeadLetter, bornTimestamp, headers } = record
  return {
    topic,
    partition,
    offset,
    due,
    isDeadLetter,
    bornTimestamp,
    key: await fullPayload(source, record.key, decoders.key),
    value: await fullPayload(source, record.value, decoders.value),
    headers: await Promise.all(
      headers.map(async ({ key, value }) => ({ key, value: await fullPayload(source, value, 'text') })),
    ),
  }
}
