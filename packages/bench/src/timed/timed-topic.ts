import { encodeBatch, sliceOf } from '@odradek/protocol'
import { ControlClient, pause } from '../load/control-client.ts'
import { LoadError } from '../load/load.ts'
import type { ServerProcess } from '../server-process.ts'

/** How long a topic may show nothing new while something is to come. */
const SILENCE_MS_MAX = 60_000
const CONNECTIONS = 4
const LEAD_MS_MAX = 128_000

/** Makes a topic of timed messages that has delivered one, at offset 0: what a first delivery costs is not measured. */
export async function createTimedTopic(broker: ServerProcess, name: string): Promise<void> {
  const client = await ControlClient.connect(broker.host, broker.port)
  await client.createTopic(name, 1, { 'message.type': 'DELAY' })
  await client.produce(name, 0, sliceOf(encodeBatch({ records: [{ value: 'first' }] })))
  await shown(client, name, 1, 5)
  client.close()
}

/** Sends `count` batches over some connections, `batchOf` tells which; resolves when all are accepted. */
export async function sendBatches(
  broker: ServerProcess,
  topic: string,
  count: number,
  batchOf: (index: number) => Buffer,
): Promise<void> {
  let sent = 0
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const client = await ControlClient.connect(broker.host, broker.port)
      while (sent < count) await client.produce(topic, 0, sliceOf(Buffer.from(batchOf(sent++))))
      client.close()
    }),
  )
}

/**
 * Sends what `batchesFrom` makes for a time that lies so far ahead that all of it is accepted `marginMs` before, however slow
 * the machine is: into a topic of its own, once more with a longer lead where one was too short.
 */
export async function sendAhead(
  broker: ServerProcess,
  name: string,
  { marginMs, leadMs: firstLeadMs }: { readonly marginMs: number; readonly leadMs: number },
  batchesFrom: (fromMs: number) => Buffer[],
): Promise<{ readonly topic: string; readonly fromMs: number }> {
  for (let leadMs = firstLeadMs; leadMs <= LEAD_MS_MAX; leadMs *= 2) {
    const topic = `${name}-${leadMs}`
    await createTimedTopic(broker, topic)
    const begunMs = Date.now()
    const batches = batchesFrom(begunMs + marginMs + leadMs)
    await sendBatches(broker, topic, batches.length, (index) => batches[index]!)
    const fromMs = begunMs + marginMs + leadMs
    if (Date.now() < fromMs - marginMs) return { topic, fromMs }
    // What was sent too late is not to come into the way of the next.
    await pause(Math.max(0, fromMs - Date.now()) + 2_000)
  }
  throw new LoadError(`The records of ${name} were not accepted within ${LEAD_MS_MAX} ms`)
}

/** Waits until the log that a topic shows ends at `records`; fails where it shows nothing new for a minute. */
export async function shown(client: ControlClient, topic: string, records: number, pauseMs: number): Promise<void> {
  let last = -1
  let lastAt = performance.now()
  for (;;) {
    const [end] = await client.endOffsets(topic, 1)
    if (end! >= records) return
    if (end !== last) {
      last = end!
      lastAt = performance.now()
    } else if (performance.now() - lastAt > SILENCE_MS_MAX) {
      throw new LoadError(`${topic} shows ${end} of ${records} records, and nothing new for a minute`)
    }
    await pause(pauseMs)
  }
}
