import { createServer } from 'node:net'
import { Producer, stringSerializers } from '@platformatic/kafka'
import type { Scene } from './scene.ts'
import { logBounds } from './scene-offsets.ts'

/** A letter to be: what a consumer sends when it gives a record up. */
export interface LetterToBe {
  readonly key: string
  readonly value: string
  readonly error?: string
  /** `orders/0@3`; without one the origin is unknown. */
  readonly origin?: string
}

const BATCH_RECORDS = 1_000

/** Writes records with headers, from outside, to the first partition of a topic; asking for it makes a retry topic. */
export async function writeRecords(
  scene: Scene,
  topic: string,
  records: readonly {
    readonly key: string
    readonly value: string
    readonly headers: Readonly<Record<string, string>>
  }[],
): Promise<void> {
  const producer = new Producer({
    clientId: 'e2e-letters',
    bootstrapBrokers: [scene.bootstrap],
    serializers: stringSerializers,
  })
  try {
    await producer.metadata({ topics: [topic], autocreateTopics: true, forceUpdate: true })
    // All at once would be a batch that brokers refuse.
    for (let from = 0; from < records.length; from += BATCH_RECORDS) {
      const batch = records.slice(from, from + BATCH_RECORDS)
      await producer.send({ messages: batch.map((record) => ({ topic, partition: 0, ...record })) })
    }
  } finally {
    await producer.close()
  }
}

const GROUP = 32

/** Settings of a group, as an operator would change them. */
export async function groupConfig(scene: Scene, group: string, configs: Readonly<Record<string, string>>) {
  const changes = Object.entries(configs).map(([name, value]) => ({ name, value, configOperation: 0 as const }))
  await scene.admin.incrementalAlterConfigs({
    resources: [{ resourceType: GROUP, resourceName: group, configs: changes }],
  })
}

/** Dead letters of a group, made by its broker: the records were tried as often as they may. Resolves when they are there. */
export async function giveUp(scene: Scene, group: string, letters: readonly LetterToBe[]): Promise<void> {
  await groupConfig(scene, group, {
    'retry.max.times': '3',
    'retry.delay.levels': '5ms',
  })
  const attempt = (error: string, at: number) => ({
    time: Date.now() - at * 1_000,
    client: group,
    host: '10.0.0.7',
    error,
  })
  await writeRecords(
    scene,
    `retry.${group}`,
    letters.map(({ key, value, error = 'TypeError: no cents\n    at pay (pay.ts:7:1)', origin }) => {
      const [, topic = '', partition = '', offset = ''] = /^(.+)\/(\d+)@(\d+)$/.exec(origin ?? '') ?? []
      return {
        key,
        value,
        headers: {
          RECONSUME_TIME: '3',
          ATTEMPTS: JSON.stringify([attempt(error, 30), attempt(error, 20), attempt(error, 10)]),
          EXCEPTION: error,
          ...(topic !== '' && { ORIGIN_TOPIC: topic, ORIGIN_PARTITION: partition, ORIGIN_OFFSET: offset }),
        },
      }
    }),
  )
  for (;;) {
    // The broker makes the topic with the first letter.
    const topics = await scene.admin.listTopics()
    if (!topics.includes(`dlq.${group}`)) continue
    const [[start, end]] = (await logBounds(scene, `dlq.${group}`, 1)) as [[number, number]]
    if (end - start >= letters.length) return
  }
}

/** Dead letters as Spring writes them; those of which `origin` says nothing cannot go back. */
export async function springLetters(
  scene: Scene,
  topic: string,
  count: number,
  origin: (n: number) => string | null,
): Promise<void> {
  await writeRecords(
    scene,
    topic,
    Array.from({ length: count }, (_, n) => {
      const from = origin(n)
      return {
        key: `k${n}`,
        value: `{"n":${n}}`,
        headers: {
          'kafka_dlt-exception-fqcn': n % 2 === 0 ? 'java.io.IOException' : 'java.lang.IllegalStateException',
          'kafka_dlt-exception-message': `failure ${n}`,
          ...(from !== null && { 'kafka_dlt-original-topic': from }),
        },
      }
    }),
  )
}

/** A port that nobody listens on, for a listener that others must know. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
