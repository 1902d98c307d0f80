/**
 * Sends dead letters again. They stay where they are: a call that is made again sends again. What the broker said of
 * earlier attempts is left out, so that attempts begin anew, and so are headers that would delay them.
 */
import type { Cluster } from '../cluster.ts'
import { type PayloadInput, produceMessage } from '../messages/produce-message.ts'
import { type DeadLetter, groupTopics, readDeadLetters } from './dead-letter.ts'

export interface ResendOptions {
  /** To the group's retry topic, or to the topic it was read from first [retry]. */
  readonly to?: 'retry' | 'origin'
  /** Finds out what would be sent, and sends nothing [false]. */
  readonly dryRun?: boolean
  /** What is sent in the place of the value. */
  readonly value?: Buffer
  /** The most that is sent in a second [no limit]. */
  readonly recordsPerSecond?: number
}

export interface ResendResult {
  readonly partition: number
  readonly offset: number
  readonly outcome: 'sent' | 'failed' | 'skipped'
  /** Where it went, or would go; why it did not. */
  readonly text: string
}

export interface ResendReport {
  /** sent + failed + skipped. */
  readonly matched: number
  readonly sent: number
  readonly failed: number
  /** Not sent because nothing was to be, or because the letter is gone. */
  readonly skipped: number
  readonly results: readonly ResendResult[]
}

const LEFT_OUT: ReadonlySet<string> = new Set([
  'RECONSUME_TIME',
  'ATTEMPTS',
  'EXCEPTION',
  'DEAD_LETTER_REASON',
  'DELAY',
  'TIMER_DELAY_SEC',
  'TIMER_DELAY_MS',
  'TIMER_DELIVER_MS',
])

/** Sends the letters of a group at these places, one after the other, in this order. */
export async function resendDeadLetters(
  cluster: Cluster,
  group: string,
  places: readonly { readonly partition: number; readonly offset: number }[],
  options: ResendOptions = {},
): Promise<ResendReport> {
  const topics = await groupTopics(cluster, group)
  const results: ResendResult[] = []
  const pauseMs = options.recordsPerSecond === undefined ? 0 : 1000 / options.recordsPerSecond
  let nextAt = performance.now()
  for (const { partition, offset } of places) {
    const [letter] = await readDeadLetters(cluster, topics.deadLetters, partition, offset, offset + 1)
    if (letter === undefined) {
      results.push({ partition, offset, outcome: 'skipped', text: 'It is not there any more.' })
      continue
    }
    const topic = options.to === 'origin' ? letter.origin?.topic : topics.retry
    if (topic === undefined) {
      const text = 'Its origin is unknown: it can only go back to the group.'
      results.push({ partition, offset, outcome: 'failed', text })
      continue
    }
    if (options.dryRun === true) {
      results.push({ partition, offset, outcome: 'skipped', text: `It would go to ${topic}.` })
      continue
    }
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, nextAt - performance.now())))
    nextAt = Math.max(nextAt, performance.now()) + pauseMs
    results.push({ partition, offset, ...(await send(cluster, topic, letter, options)) })
  }
  const count = (outcome: ResendResult['outcome']) => results.filter((result) => result.outcome === outcome).length
  return { matched: results.length, sent: count('sent'), failed: count('failed'), skipped: count('skipped'), results }
}

async function send(
  cluster: Cluster,
  topic: string,
  letter: DeadLetter,
  { to, value }: ResendOptions,
): Promise<{ outcome: 'sent' | 'failed'; text: string }> {
  const headers = letter.headers.filter(({ key }) => !LEFT_OUT.has(key))
  try {
    const sent = await produceMessage(cluster, {
      topic,
      key: asInput(letter.key),
      value: asInput(value ?? letter.value),
      headers: headers.map((header) => ({ key: header.key, value: asInput(header.value) })),
      ...(to === 'origin' && letter.origin !== null ? { partition: letter.origin.partition } : {}),
    })
    return { outcome: 'sent', text: `${topic}-${sent.partition}` }
  } catch (error) {
    return { outcome: 'failed', text: (error as Error).message }
  }
}

function asInput(bytes: Buffer | null): PayloadInput {
  return bytes === null ? { format: 'null', text: '' } : { format: 'base64', text: bytes.toString('base64') }
}
