/** What a record's headers tell of its past. */
import type { LifeAttempt, LifePlace } from './life-event.ts'

export interface RecordFacts extends LifePlace {
  readonly timestamp: number
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  readonly key: Buffer | null
  readonly producerId: number | null
  /** Where it was read first, by the consumer that failed. */
  readonly origin: (LifePlace & { readonly timestamp: number | null }) | null
  /** How often it was retried; null: it is no retry. */
  readonly times: number | null
  readonly attempts: readonly LifeAttempt[]
  /** Why it is a dead letter. */
  readonly reason: string | null
  /** The time that its producer gave it, where the broker has replaced it. */
  readonly born: number | null
  readonly timer: { readonly header: string; readonly value: string } | null
  readonly rescheduledFrom: string | null
  /** Of a record that was waiting: when it is due. */
  readonly due: number | null
  readonly redrive: {
    readonly from: string
    readonly by: string | null
    readonly at: number | null
    readonly job: string | null
    readonly isEdited: boolean
  } | null
}

export type FactHeaders = readonly { readonly key: string; readonly value: Buffer | null }[]

/** In the order in which the broker takes them. */
const TIMERS = ['DELAY', 'TIMER_DELAY_SEC', 'TIMER_DELAY_MS', 'TIMER_DELIVER_MS'] as const
const ATTEMPT_CHARACTERS_MAX = 4_000

/** Reads the headers of a record at `place`. */
export function recordFacts(
  place: LifePlace,
  record: Pick<RecordFacts, 'timestamp' | 'timestampType' | 'key' | 'producerId'>,
  headers: FactHeaders,
): RecordFacts {
  const text = (name: string) => headers.findLast(({ key }) => key === name)?.value?.toString('utf8') ?? null
  const timer = TIMERS.map((header) => ({ header, value: text(header) })).find(({ value }) => value !== null)
  const redriveFrom = text('x-redrive-from')
  return {
    ...place,
    ...record,
    origin: originOf(text, headers),
    times: numberOf(text('RECONSUME_TIME')),
    attempts: attemptsOf(text('ATTEMPTS')),
    reason:
      text('DEAD_LETTER_REASON') ??
      text('kafka_dlt-exception-message') ??
      text('__connect.errors.exception.message') ??
      text('__dlq.errors.message') ??
      text('__streams.errors.message'),
    born: numberOf(text('BORN_TIMESTAMP')),
    timer: timer === undefined ? null : { header: timer.header, value: timer.value! },
    rescheduledFrom: text('RESCHEDULED_FROM'),
    due: numberOf(text('RETRY_DUE_MS')),
    redrive:
      redriveFrom === null
        ? null
        : {
            from: redriveFrom,
            by: text('x-redrive-by'),
            at: timeOf(text('x-redrive-at')),
            job: text('x-redrive-job'),
            isEdited: text('x-redrive-edit') !== null,
          },
  }
}

/** Where a consumer read it first: as Odradek's clients say, as the dead letters of Spring, Connect, share groups and Streams do. */
function originOf(text: (name: string) => string | null, headers: FactHeaders): RecordFacts['origin'] {
  const bytes = (name: string) => headers.findLast(({ key }) => key === name)?.value ?? null
  const told = (topic: string | null, partition: number | null, offset: number | null, timestamp: number | null) =>
    topic === null || partition === null || offset === null ? null : { topic, partition, offset, timestamp }
  return (
    told(
      text('ORIGIN_TOPIC'),
      numberOf(text('ORIGIN_PARTITION')),
      numberOf(text('ORIGIN_OFFSET')),
      numberOf(text('ORIGIN_TIMESTAMP')),
    ) ??
    told(
      text('kafka_dlt-original-topic'),
      integerOf(bytes('kafka_dlt-original-partition')),
      integerOf(bytes('kafka_dlt-original-offset')),
      integerOf(bytes('kafka_dlt-original-timestamp')),
    ) ??
    ['connect', 'dlq', 'streams']
      .map((writer) => `__${writer}.errors`)
      .map((prefix) =>
        told(text(`${prefix}.topic`), numberOf(text(`${prefix}.partition`)), numberOf(text(`${prefix}.offset`)), null),
      )
      .find((origin) => origin !== null) ??
    null
  )
}

/** Big-endian, of four or eight bytes, as Spring writes them. */
function integerOf(bytes: Buffer | null): number | null {
  if (bytes?.length === 4) return bytes.readInt32BE()
  if (bytes?.length === 8) return Number(bytes.readBigInt64BE())
  return null
}

function numberOf(text: string | null): number | null {
  return text !== null && /^\d{1,16}$/.test(text) ? Number(text) : null
}

function timeOf(text: string | null): number | null {
  if (text === null) return null
  const time = numberOf(text) ?? Date.parse(text)
  return Number.isNaN(time) ? null : time
}

/** The failures that ATTEMPTS tells; what is no list of them is none. */
function attemptsOf(text: string | null): LifeAttempt[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text ?? '[]')
  } catch {
    return []
  }
  if (!Array.isArray(parsed)) return []
  return parsed.flatMap((each: unknown): LifeAttempt[] => {
    if (each === null || typeof each !== 'object') return []
    const { time, client, host, error } = each as Record<string, unknown>
    if (typeof time !== 'number' || !Number.isFinite(time)) return []
    return [
      {
        time,
        client: typeof client === 'string' ? client : '',
        host: typeof host === 'string' ? host : '',
        error: typeof error === 'string' ? error.slice(0, ATTEMPT_CHARACTERS_MAX) : null,
      },
    ]
  })
}
